//! Named threads and tasks. A panic in one of them is caught and reported to its owner, once.
//!
//! An [`Owner`] is notified when one of its threads or tasks dies: a conversation, the window's backend, `talk`. It
//! becomes current with [`Owner::scope`] (for a future) or [`Owner::enter`] (for the current thread). Everything that
//! [`spawn`], [`task`] or [`blocking`] start there belongs to it, and so does what those start. [`Deaths`] is the
//! receiver.
//!
//! ```
//! let (owner, mut deaths) = threads::owner();
//! let entered = owner.enter();
//! let thread = threads::spawn("counter", || assert_eq!(1 + 1, 3))?;
//! drop(entered);
//! assert_eq!(thread.join().unwrap(), None);
//! assert_eq!(deaths.try_recv().unwrap().name, "counter");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A panic unwinds first, so what the thread owned is dropped: devices are released and files completed before the
//! owner is notified. In the normal path of a device callback only [`Edge::run`] runs, which does not allocate or
//! lock.

mod edge;
mod inject;
mod panics;

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::thread::{JoinHandle, ScopedJoinHandle};

use tokio::sync::{mpsc, oneshot};

pub use edge::Edge;
pub use inject::test_point;
pub use panics::install_hook;

/// How many deaths may wait for their owner. Further ones are only logged, since the first one ends the owner's work.
const DEATHS: usize = 8;

/// A thread or task that ended by a panic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// The name it was started with.
    pub name: &'static str,
    /// The panic's message and place in one line without control characters, at most 300 characters. It may contain
    /// outside input, so it is not trusted.
    pub words: String,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The thread \"{}\" stopped: {}", self.name, self.words)
    }
}

impl std::error::Error for Death {}

/// Receives the deaths of what is started in its scope. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Owner(Option<mpsc::Sender<Death>>);

/// The receiving end of an [`Owner`].
#[derive(Debug)]
pub struct Deaths(mpsc::Receiver<Death>);

thread_local! {
    static CURRENT: RefCell<Owner> = const { RefCell::new(Owner(None)) };
}

/// Returns an owner and its receiver. Deaths that are not received are logged.
pub fn owner() -> (Owner, Deaths) {
    let (sender, receiver) = mpsc::channel(DEATHS);
    (Owner(Some(sender)), Deaths(receiver))
}

impl Owner {
    /// Returns the owner of the current thread or task, or one that only logs.
    pub fn current() -> Self {
        CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default()
    }

    /// Makes this owner current on this thread until the returned guard is dropped. Don't hold it across an `await`.
    #[must_use]
    pub fn enter(&self) -> Entered {
        let outer = CURRENT.try_with(|current| current.replace(self.clone())).unwrap_or_default();
        Entered { outer, _here: std::marker::PhantomData }
    }

    /// Makes this owner current while `future` runs.
    pub fn scope<F: Future>(self, future: F) -> Scope<F> {
        Scope { owner: self, future: Some(Box::pin(future)) }
    }

    /// Reports a death.
    pub fn tell(&self, death: Death) {
        let Some(owner) = &self.0 else {
            tracing::error!(%death, "nobody owns it");
            return;
        };
        tracing::debug!(%death, "reported to its owner");
        if let Err(error) = owner.try_send(death) {
            tracing::warn!(%error, "its owner is gone or has other deaths to read");
        }
    }
}

impl Deaths {
    /// Waits for the next death. Returns `None` only when no [`Owner`] is left. Cancel safe.
    pub async fn recv(&mut self) -> Option<Death> {
        self.0.recv().await
    }

    /// Returns the next death, if there is one.
    pub fn try_recv(&mut self) -> Option<Death> {
        self.0.try_recv().ok()
    }
}

/// An owner that is current on this thread; see [`Owner::enter`].
#[derive(Debug)]
pub struct Entered {
    outer: Owner,
    /// Makes the guard `!Send`.
    _here: std::marker::PhantomData<*const ()>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let outer = std::mem::take(&mut self.outer);
        _ = CURRENT.try_with(|current| current.replace(outer));
    }
}

/// A future that runs with its owner current; see [`Owner::scope`].
pub struct Scope<F> {
    owner: Owner,
    /// `None` once it was dropped.
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _entered = self.owner.enter();
        match &mut self.future {
            Some(future) => future.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for Scope<F> {
    fn drop(&mut self) {
        // Dropping the future may start a thread, to close a device.
        let _entered = self.owner.enter();
        self.future = None;
    }
}

/// Runs `body` on this thread and returns its panic as an error.
pub fn catch<T>(name: &'static str, body: impl FnOnce() -> T) -> Result<T, Death> {
    let caught = {
        let _guarded = panics::guarded();
        catch_unwind(AssertUnwindSafe(body))
    };
    caught.map_err(|payload| Death { name, words: panics::words(&*payload) })
}

/// Awaits `future` and returns its panic as an error. What the future owned is dropped by then.
pub async fn catch_async<F: Future>(name: &'static str, future: F) -> Result<F::Output, Death> {
    let mut future = pin!(future);
    poll_fn(move |cx| match catch(name, || future.as_mut().poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
        Err(death) => Poll::Ready(Err(death)),
    })
    .await
}

/// Runs `body` on this thread. Returns `None` when it panicked, and reports that to the current owner.
pub fn watched<T>(name: &'static str, body: impl FnOnce() -> T) -> Option<T> {
    let caught = catch(name, || {
        test_point(name);
        body()
    });
    caught.map_err(|death| Owner::current().tell(death)).ok()
}

/// Starts a thread that belongs to the current owner. Its result is `None` when it panicked.
///
/// # Errors
/// When the system can't create a thread.
pub fn spawn<T: Send + 'static>(
    name: &'static str,
    body: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<Option<T>>> {
    let owner = Owner::current();
    inject::prepare();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        let _entered = owner.enter();
        watched(name, body)
    })
}

/// Starts a thread for one answer, which may come after its receiver is gone. A panic is reported to the current owner
/// before the receiver learns that no answer will come, so whoever waits for it can look for the death.
///
/// # Errors
/// When the system can't create a thread.
pub fn answer<T: Send + 'static>(
    name: &'static str,
    body: impl FnOnce() -> T + Send + 'static,
) -> io::Result<oneshot::Receiver<T>> {
    let owner = Owner::current();
    let (sender, receiver) = oneshot::channel();
    inject::prepare();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        let _entered = owner.enter();
        if let Some(answer) = watched(name, body) {
            _ = sender.send(answer);
        }
    })?;
    Ok(receiver)
}

/// Starts a scoped thread; otherwise like [`spawn`].
///
/// # Errors
/// When the system can't create a thread.
pub fn spawn_scoped<'scope, T: Send + 'scope>(
    scope: &'scope std::thread::Scope<'scope, '_>,
    name: &'static str,
    body: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, Option<T>>> {
    let owner = Owner::current();
    inject::prepare();
    std::thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, move || {
        let _entered = owner.enter();
        watched(name, body)
    })
}

/// Starts a task on the current runtime that belongs to the current owner. Its result is `None` when it panicked.
pub fn task<F>(name: &'static str, future: F) -> tokio::task::JoinHandle<Option<F::Output>>
where
    F: Future<Output: Send> + Send + 'static,
{
    let owner = Owner::current();
    let watched = async move {
        let caught = catch_async(name, async move {
            test_point(name);
            future.await
        });
        caught.await.map_err(|death| Owner::current().tell(death)).ok()
    };
    tokio::spawn(owner.scope(watched))
}

/// Runs `body`, which may block, on a blocking thread of the runtime; it belongs to the current owner and starts at
/// once. The result is `None` when it panicked or the runtime is shutting down.
pub fn blocking<T: Send + 'static>(
    name: &'static str,
    body: impl FnOnce() -> T + Send + 'static,
) -> Blocking<T> {
    let owner = Owner::current();
    Blocking(tokio::task::spawn_blocking(move || {
        let _entered = owner.enter();
        watched(name, body)
    }))
}

/// The handle of [`blocking`]. The work continues when this is dropped.
#[derive(Debug)]
pub struct Blocking<T>(tokio::task::JoinHandle<Option<T>>);

impl<T> Future for Blocking<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.0).poll(cx).map(|joined| joined.ok().flatten())
    }
}

#[cfg(test)]
mod tests;
