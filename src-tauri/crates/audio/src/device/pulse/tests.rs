//! A server that we play ourselves, over a pair of sockets.

use super::*;
use crate::device::callback::Playout;
use proptest::prelude::*;
use pulseaudio::protocol::Request;
use rtrb::{Consumer, RingBuffer};

fn pair() -> (UnixStream, Link) {
    let (server, client) = UnixStream::pair().expect("sockets");
    (
        server,
        Link { reader: BufReader::new(client), version: protocol::MAX_VERSION, next: 0, message: Vec::new() },
    )
}

fn terms() -> Terms {
    Terms { device: "somewhere".into(), rate: 48_000, channels: ChannelMap::mono(), buffer: 960 }
}

fn recording(channel: u32) -> (Recording, Consumer<f32>, Arc<Health>) {
    let (ring, samples) = RingBuffer::new(48_000);
    let health = Arc::new(Health::default());
    let body = CaptureBody { ring, channels: 1, health: Arc::clone(&health) };
    let taker = std::thread::current();
    (
        Recording { channel, body, taker, untold: 0, samples: Vec::new(), latency_us: 0, asked: None },
        samples,
        health,
    )
}

fn playing(channel: u32) -> Playing {
    let (mut ring, voice) = RingBuffer::new(48_000);
    ring.push_entire_slice(&[0.5; 4_000]).expect("room");
    let tap = RingBuffer::new(48_000).0;
    let body = PlayoutBody::new(voice, tap, Arc::new(Playout::default()), Arc::default(), (48_000, 1));
    Playing { channel, body, epoch: Instant::now(), terms: terms(), sent: 0, clock: None, asked: None }
}

#[test]
fn sound_of_our_channel_arrives_and_no_other() {
    let (mut server, link) = pair();
    let (recording, mut samples, health) = recording(3);
    for (channel, value) in [(3, 0.25_f32), (4, 0.75), (3, -0.5)] {
        let sound: Vec<u8> = std::iter::repeat_n(value.to_le_bytes(), 480).flatten().collect();
        protocol::write_memblock(&mut server, channel, &sound, 0).expect("sent");
    }
    protocol::write_command_message(&mut server, 9, &Command::RecordStreamKilled(3), protocol::MAX_VERSION)
        .expect("sent");
    recording.run(link, &terms()).expect("killed is an end");
    let heard: Vec<f32> = samples.read_chunk(samples.slots()).expect("there").into_iter().collect();
    assert_eq!((heard.len(), heard[479], heard[480]), (960, 0.25, -0.5));
    assert_eq!(health.latency_us.load(Ordering::Relaxed), 10_000, "as old as the buffer");
}

#[test]
fn a_request_is_answered_in_whole_frames() {
    let (mut server, link) = pair();
    let playing = playing(5);
    let request = Command::Request(Request { channel: 5, length: 1_923 });
    protocol::write_command_message(&mut server, u32::MAX, &request, protocol::MAX_VERSION).expect("sent");
    let reader = server.try_clone().expect("socket");
    let thread = std::thread::spawn(move || playing.run(link, 0));
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
fn a_message_that_claims_to_be_endless_is_an_error() {
    let (mut server, mut link) = pair();
    let descriptor = protocol::Descriptor {
        length: u32::MAX,
        channel: 3,
        offset: 0,
        flags: protocol::DescriptorFlags::empty(),
    };
    protocol::write_descriptor(&mut server, &descriptor).expect("sent");
    assert!(link.next(&mut Vec::new()).is_err());
}

#[test]
fn who_takes_the_sound_is_woken_for_what_is_wanted_of_it() {
    let (mut recording, _samples, health) = recording(3);
    let mut woken = |frames: &[usize]| -> Vec<bool> {
        frames.iter().map(|&frames| recording.is_enough(frames, 480)).collect()
    };
    assert_eq!(woken(&[480, 240, 240, 480]), [true, false, true, true], "a buffer, when nothing is said");
    health.wanted_frames.store(960, Ordering::Relaxed);
    assert_eq!(woken(&[480, 480, 480, 480]), [false, true, false, true]);
    health.wanted_frames.store(usize::MAX, Ordering::Relaxed);
    assert_eq!(woken(&[480, 480, 480, 480]), [false, false, false, true], "not for ever");
}

#[test]
fn the_clock_runs_on_between_two_answers() {
    let mut playing = playing(1);
    assert_eq!(playing.latency_us(), 0, "nothing was sent");
    playing.sent = 48_000 * 4;
    let at = Instant::now().checked_sub(Duration::from_millis(5)).expect("a machine that runs for 5 ms");
    playing.clock = Some(Clock { at, late_us: 30_000, sent: 47_040 * 4 });
    // 30 ms then, 20 ms sent since, 5 ms or a little more passed.
    assert!((40_000..=45_000).contains(&playing.latency_us()), "{}", playing.latency_us());
    playing.clock = Some(Clock { at, late_us: i64::MAX, sent: 0 });
    assert_eq!(playing.latency_us(), 1_000_000);
}

proptest! {
    #[test]
    fn no_bytes_of_a_server_are_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), length in 0_u32..300) {
        let (mut server, mut link) = pair();
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
        while link.next(&mut body).is_ok() {}
    }
}
