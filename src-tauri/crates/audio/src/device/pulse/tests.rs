//! The tests play the server, over a pair of sockets.

use super::*;
use crate::device::callback::PlayoutState;
use proptest::prelude::*;
use pulseaudio::protocol::Request;
use rtrb::{Consumer, RingBuffer};

fn pair() -> (UnixStream, Connection) {
    let (server, client) = UnixStream::pair().expect("sockets");
    (
        server,
        Connection {
            reader: BufReader::new(client),
            version: protocol::MAX_VERSION,
            next: 0,
            message: Vec::new(),
        },
    )
}

fn spec() -> StreamSpec {
    StreamSpec { device: "somewhere".into(), rate: 48_000, channels: ChannelMap::mono(), buffer: 960 }
}

fn record_stream(channel: u32) -> (RecordStream, Consumer<f32>, Arc<StreamStats>) {
    let (ring, samples) = RingBuffer::new(48_000);
    let stats = Arc::new(StreamStats::default());
    let body = CaptureCallback { ring, channels: 1, stats: Arc::clone(&stats) };
    let audio_thread = std::thread::current();
    (
        RecordStream {
            channel,
            body,
            audio_thread,
            frames_since_wake: 0,
            samples: Vec::new(),
            latency_us: 0,
            requested_at: None,
        },
        samples,
        stats,
    )
}

fn playback_stream(channel: u32) -> PlaybackStream {
    let (mut ring, voice) = RingBuffer::new(48_000);
    ring.push_entire_slice(&[0.5; 4_000]).expect("room");
    let tap = RingBuffer::new(48_000).0;
    let body =
        PlayoutCallback::new(voice, tap, Arc::new(PlayoutState::default()), Arc::default(), (48_000, 1));
    PlaybackStream {
        channel,
        body,
        epoch: Instant::now(),
        spec: spec(),
        sent: 0,
        clock: None,
        requested_at: None,
    }
}

#[test]
fn only_samples_of_our_channel_arrive() {
    let (mut server, connection) = pair();
    let (stream, mut samples, stats) = record_stream(3);
    for (channel, value) in [(3, 0.25_f32), (4, 0.75), (3, -0.5)] {
        let sound: Vec<u8> = std::iter::repeat_n(value.to_le_bytes(), 480).flatten().collect();
        protocol::write_memblock(&mut server, channel, &sound, 0).expect("sent");
    }
    protocol::write_command_message(&mut server, 9, &Command::RecordStreamKilled(3), protocol::MAX_VERSION)
        .expect("sent");
    stream.run(connection, &spec()).expect("killed is an end");
    let heard: Vec<f32> = samples.read_chunk(samples.slots()).expect("there").into_iter().collect();
    assert_eq!((heard.len(), heard[479], heard[480]), (960, 0.25, -0.5));
    assert_eq!(stats.latency_us.load(Ordering::Relaxed), 10_000, "as old as the buffer");
}

#[test]
fn a_request_is_answered_in_complete_frames() {
    let (mut server, connection) = pair();
    let stream = playback_stream(5);
    let request = Command::Request(Request { channel: 5, length: 1_923 });
    protocol::write_command_message(&mut server, u32::MAX, &request, protocol::MAX_VERSION).expect("sent");
    let reader = server.try_clone().expect("socket");
    let thread = std::thread::spawn(move || stream.run(connection, 0));
    let mut reader = BufReader::new(reader);
    let descriptor = protocol::read_descriptor(&mut reader).expect("a message");
    assert_eq!((descriptor.channel, descriptor.length), (5, 1_920));
    let mut sound = vec![0; 1_920];
    reader.read_exact(&mut sound).expect("sound");
    assert_eq!(sound[1_916..], 0.5_f32.to_le_bytes(), "faded in");
    server.shutdown(Shutdown::Both).expect("closed");
    assert!(thread.join().expect("no panic").is_err(), "a server that hangs up is an error");
}

#[test]
fn an_oversized_message_is_an_error() {
    let (mut server, mut connection) = pair();
    let descriptor = protocol::Descriptor {
        length: u32::MAX,
        channel: 3,
        offset: 0,
        flags: protocol::DescriptorFlags::empty(),
    };
    protocol::write_descriptor(&mut server, &descriptor).expect("sent");
    assert!(connection.next(&mut Vec::new()).is_err());
}

#[test]
fn the_audio_thread_is_woken_for_what_it_wants() {
    let (mut stream, _samples, stats) = record_stream(3);
    let mut woken = |frames: &[usize]| -> Vec<bool> {
        frames.iter().map(|&frames| stream.should_wake(frames, 480)).collect()
    };
    assert_eq!(woken(&[480, 240, 240, 480]), [true, false, true, true], "a buffer, when nothing is said");
    stats.wanted_frames.store(960, Ordering::Relaxed);
    assert_eq!(woken(&[480, 480, 480, 480]), [false, true, false, true]);
    stats.wanted_frames.store(usize::MAX, Ordering::Relaxed);
    assert_eq!(woken(&[480, 480, 480, 480]), [false, false, false, true], "not for ever");
}

#[test]
fn the_latency_is_extrapolated_between_two_replies() {
    let mut stream = playback_stream(1);
    assert_eq!(stream.latency_us(), 0, "nothing was sent");
    stream.sent = 48_000 * 4;
    let at = Instant::now().checked_sub(Duration::from_millis(5)).expect("a machine that runs for 5 ms");
    stream.clock = Some(Clock { at, late_us: 30_000, sent: 47_040 * 4 });
    // 30 ms then, 20 ms sent since, and 5 ms or a little more have passed.
    assert!((40_000..=45_000).contains(&stream.latency_us()), "{}", stream.latency_us());
    stream.clock = Some(Clock { at, late_us: i64::MAX, sent: 0 });
    assert_eq!(stream.latency_us(), 1_000_000);
}

proptest! {
    #[test]
    fn arbitrary_bytes_of_a_server_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), length in 0_u32..300) {
        let (mut server, mut connection) = pair();
        let descriptor = protocol::Descriptor {
            length,
            channel: u32::MAX,
            offset: 0,
            flags: protocol::DescriptorFlags::empty(),
        };
        protocol::write_descriptor(&mut server, &descriptor).expect("sent");
        server.write_all(&bytes).expect("sent");
        drop(server);
        let mut body = Vec::new();
        while connection.next(&mut body).is_ok() {}
    }
}
