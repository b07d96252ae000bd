//! Lists devices and finds the one that a name means. Blocks for milliseconds.

use cpal::traits::{DeviceTrait, HostTrait};

#[cfg(target_os = "linux")]
use crate::device::pulse::{HOST as PULSE, PulseDevice, Server};
use crate::error::{AudioError, Side};

/// A microphone or a speaker, to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Stable across restarts and replugging, for example `pulseaudio:alsa_input.usb-…`.
    pub id: String,
    /// The system's name for it.
    pub name: String,
    /// Whether it is the system's default.
    pub is_default: bool,
}

/// The devices that can be chosen, in the system's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// The inputs.
    pub microphones: Vec<DeviceInfo>,
    /// The outputs.
    pub speakers: Vec<DeviceInfo>,
}

/// Lists the devices without opening them. A machine without sound has two empty lists. Blocks for milliseconds.
///
/// # Errors
/// [`AudioError::Device`] if the sound system is there but fails to list its devices.
pub fn devices() -> Result<Devices, AudioError> {
    list_devices(&mut host())
}

/// Lists the devices of `host`.
pub(crate) fn list_devices(host: &mut Host) -> Result<Devices, AudioError> {
    let mut list = |side| -> Result<Vec<DeviceInfo>, AudioError> {
        let default = host.default_device(side).and_then(|device| device.id());
        let shown = host.candidates(side)?.into_iter().filter(|candidate| !candidate.hidden);
        Ok(shown
            .map(|Candidate { id, name, .. }| DeviceInfo {
                is_default: Some(&id) == default.as_ref(),
                id,
                name,
            })
            .collect())
    };
    Ok(Devices { microphones: list(Side::Microphone)?, speakers: list(Side::Speaker)? })
}

/// Which device a side should use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DevicePreference {
    /// The system's default.
    Default,
    /// The best match of an id, a name or a part of either.
    Named(String),
}

/// Finds the device for `preference`. While a named one is missing, returns the system's default instead. Also returns
/// whether it is the named one, so always false for [`DevicePreference::Default`].
pub(crate) fn find_or_default(
    host: &mut Host,
    side: Side,
    preference: &DevicePreference,
) -> Result<(Device, bool), AudioError> {
    if let DevicePreference::Named(wanted) = preference
        && let Ok(device) = find_at(host, side, wanted)
    {
        return Ok((device, true));
    }
    let device = host.default_device(side).ok_or_else(|| AudioError::missing(side, None))?;
    Ok((device, false))
}

/// A device that can be opened.
pub(crate) enum Device {
    /// Through cpal.
    Cpal(Box<cpal::Device>),
    /// Through the protocol of the sound server.
    #[cfg(target_os = "linux")]
    Pulse(PulseDevice),
}

impl Device {
    /// Returns the id, as in [`DeviceInfo::id`].
    pub(crate) fn id(&self) -> Option<String> {
        match self {
            Self::Cpal(device) => device.id().ok().map(|id| id.to_string()),
            #[cfg(target_os = "linux")]
            Self::Pulse(device) => Some(device.id()),
        }
    }

    /// Returns the system's name for it.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Cpal(device) => device.description().ok().map(|it| it.name().to_owned()),
            #[cfg(target_os = "linux")]
            Self::Pulse(device) => Some(device.description.clone()),
        }
    }
}

/// Where devices are found.
pub(crate) enum Host {
    Cpal(cpal::Host),
    #[cfg(target_os = "linux")]
    Pulse(Box<Server>),
}

/// Finds the device that `wanted` (an id, a name or a part of either) means; the system's default for `None`.
pub(crate) fn find(side: Side, wanted: Option<&str>) -> Result<Device, AudioError> {
    let Some(wanted) = wanted else {
        return host().default_device(side).ok_or_else(|| AudioError::missing(side, None));
    };
    find_at(&mut host(), side, wanted)
}

fn find_at(host: &mut Host, side: Side, wanted: &str) -> Result<Device, AudioError> {
    // An id names its host, which is not always the one used by default.
    let mut candidates = match host_of_id(host, wanted) {
        Some(mut other) => other.candidates(side)?,
        None => host.candidates(side)?,
    };
    let chosen = best_match(&candidates, wanted).ok_or_else(|| AudioError::missing(side, Some(wanted)))?;
    Ok(candidates.swap_remove(chosen).device)
}

/// Returns the host to use: on Linux the sound server through its own protocol, or ALSA without one.
pub(crate) fn host() -> Host {
    #[cfg(target_os = "linux")]
    match Server::connect() {
        Ok(server) => return Host::Pulse(Box::new(server)),
        Err(error) => tracing::debug!(%error, "no PulseAudio server: ALSA"),
    }
    #[cfg(target_os = "linux")]
    silence_alsa();
    #[cfg(target_os = "linux")]
    if let Ok(host) = cpal::host_from_id(cpal::HostId::Alsa) {
        return Host::Cpal(host);
    }
    Host::Cpal(cpal::default_host())
}

/// Keeps alsa-lib from writing to the terminal on this thread: failures are reported as errors anyway. Calling it again
/// drops the messages so far.
#[cfg(target_os = "linux")]
fn silence_alsa() {
    if let Err(error) = alsa::Output::local_error_handler() {
        tracing::debug!(%error, "alsa-lib may print messages");
    }
}

/// Returns the host that `wanted` names, if it is an id of another host than `host`.
fn host_of_id(host: &Host, wanted: &str) -> Option<Host> {
    let named = wanted.parse::<cpal::DeviceId>().ok()?.host();
    match host {
        Host::Cpal(host) if host.id() == named => None,
        #[cfg(target_os = "linux")]
        Host::Pulse(_) if named == cpal::HostId::PulseAudio => None,
        #[cfg(target_os = "linux")]
        Host::Cpal(_) if named == cpal::HostId::PulseAudio => {
            Server::connect().ok().map(|server| Host::Pulse(Box::new(server)))
        }
        _ => {
            #[cfg(target_os = "linux")]
            silence_alsa();
            cpal::host_from_id(named).ok().map(Host::Cpal)
        }
    }
}

impl Host {
    /// Returns true for ALSA: listing is expensive there, since it opens every device, and a sound server may be back.
    pub(crate) fn is_fallback(&self) -> bool {
        match self {
            #[cfg(target_os = "linux")]
            Self::Cpal(host) => host.id() == cpal::HostId::Alsa,
            #[cfg(not(target_os = "linux"))]
            Self::Cpal(_) => false,
            #[cfg(target_os = "linux")]
            Self::Pulse(_) => false,
        }
    }

    fn default_device(&mut self, side: Side) -> Option<Device> {
        match self {
            Self::Cpal(host) => match side {
                Side::Microphone => host.default_input_device(),
                Side::Speaker => host.default_output_device(),
            }
            .map(|device| Device::Cpal(Box::new(device))),
            #[cfg(target_os = "linux")]
            Self::Pulse(server) => server.default_device(side).ok().map(Device::Pulse),
        }
    }

    fn candidates(&mut self, side: Side) -> Result<Vec<Candidate>, AudioError> {
        match self {
            Self::Cpal(host) => candidates(host, side),
            #[cfg(target_os = "linux")]
            Self::Pulse(server) => {
                let devices =
                    server.list(side).map_err(|error| AudioError::device(side, None, error.into()))?;
                let candidate = |device: PulseDevice| {
                    let (id, name) = (device.id(), device.description.clone());
                    Candidate { hidden: is_hidden(&id), id, name, device: Device::Pulse(device) }
                };
                Ok(devices.into_iter().map(candidate).collect())
            }
        }
    }
}

struct Candidate<D = Device> {
    device: D,
    id: String,
    name: String,
    hidden: bool,
}

fn candidates(host: &cpal::Host, side: Side) -> Result<Vec<Candidate>, AudioError> {
    let devices = match host.devices() {
        Ok(devices) => devices,
        Err(error) if error.kind() == cpal::ErrorKind::HostUnavailable => return Ok(Vec::new()),
        Err(error) => return Err(AudioError::device(side, None, error)),
    };
    let fits = |device: &cpal::Device| match side {
        Side::Microphone => device.supports_input(),
        Side::Speaker => device.supports_output(),
    };
    // A device that vanishes meanwhile is left out.
    let describe = |device: cpal::Device| {
        let (id, description) = (device.id().ok()?.to_string(), device.description().ok()?);
        let hidden = is_hidden(&id);
        Some(Candidate {
            name: description.name().to_owned(),
            id,
            hidden,
            device: Device::Cpal(Box::new(device)),
        })
    };
    Ok(devices.filter(fits).filter_map(describe).collect())
}

/// Returns true for what a person would not call a microphone or speaker: monitors of outputs, and plugins of ALSA.
fn is_hidden(id: &str) -> bool {
    match id.split_once(':') {
        #[cfg(target_os = "linux")]
        Some((PULSE, name)) => name.ends_with(".monitor"),
        Some(("alsa", pcm)) => is_alsa_plugin(pcm),
        _ => false,
    }
}

/// ALSA lists converters, raw hardware and an entry for every speaker layout beside the devices.
fn is_alsa_plugin(pcm: &str) -> bool {
    const PLUGINS: [&str; 25] = [
        "null",
        "lavrate",
        "samplerate",
        "speexrate",
        "speex",
        "upmix",
        "vdownmix",
        "jack",
        "oss",
        "usbstream",
        "surround",
        "front",
        "rear",
        "center_lfe",
        "side",
        "iec958",
        "spdif",
        "hw",
        "plughw",
        "dmix",
        "dsnoop",
        "modem",
        "phoneline",
        "a52",
        "dca",
    ];
    let head = pcm.split(':').next().unwrap_or(pcm);
    let family = head.split_once('_').filter(|(stem, _)| ["samplerate", "speexrate"].contains(stem));
    let family = family.map_or(head, |(stem, _)| stem);
    PLUGINS.contains(&family.trim_end_matches(|digit: char| digit.is_ascii_digit()))
}

/// Finds the best match: by id, id without its host, name, then a part of either; visible devices before hidden ones.
fn best_match<D>(candidates: &[Candidate<D>], wanted: &str) -> Option<usize> {
    let wanted = wanted.trim().to_lowercase();
    let rank = |candidate: &Candidate<D>| {
        let (id, name) = (candidate.id.to_lowercase(), candidate.name.to_lowercase());
        let own_id = id.split_once(':').map_or(id.as_str(), |(_, own)| own);
        let rank = if id == wanted || own_id == wanted {
            0
        } else if name == wanted {
            1
        } else if !wanted.is_empty() && (name.contains(&wanted) || own_id.contains(&wanted)) {
            2
        } else {
            return None;
        };
        Some((candidate.hidden && rank > 0, rank))
    };
    let ranked = candidates.iter().enumerate().filter_map(|(n, candidate)| Some((rank(candidate)?, n)));
    ranked.min().map(|(_, n)| n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: &str, name: &str) -> Candidate<()> {
        Candidate { device: (), id: id.to_owned(), name: name.to_owned(), hidden: is_hidden(id) }
    }

    fn chosen(wanted: &str) -> Option<usize> {
        let all = [
            candidate("pulseaudio:app_speaker.monitor", "Monitor of AppSpeaker"),
            candidate("pulseaudio:usb_headset_mono", "Headset"),
            candidate("pulseaudio:headset", "Other"),
            candidate("pulseaudio:app_mic", "AppMic"),
        ];
        best_match(&all, wanted)
    }

    #[test]
    fn a_device_is_found_by_id_name_or_part_of_either() {
        assert_eq!(chosen("pulseaudio:app_mic"), Some(3));
        assert_eq!(chosen("app_mic"), Some(3));
        assert_eq!(chosen("appmic"), Some(3));
        assert_eq!(chosen("usb"), Some(1));
        assert_eq!(chosen("headset"), Some(2), "an id goes before a name");
        assert_eq!(chosen("Other"), Some(2));
        assert_eq!(chosen("nothing like it"), None);
        assert_eq!(chosen(""), None);
    }

    #[test]
    fn hidden_devices_come_last_except_by_full_id() {
        assert_eq!(chosen("app"), Some(3));
        assert_eq!(chosen("app_speaker.monitor"), Some(0));
    }

    #[test]
    fn alsa_plugins_are_hidden_and_devices_are_not() {
        for pcm in [
            "null",
            "lavrate",
            "samplerate_best",
            "speexrate_medium",
            "surround51:CARD=PCH,DEV=0",
            "hw:CARD=0,DEV=0",
            "front:CARD=PCH,DEV=0",
            "upmix",
            "dmix:CARD=PCH,DEV=0",
        ] {
            assert!(is_alsa_plugin(pcm), "{pcm}");
        }
        for pcm in ["default", "sysdefault:CARD=PCH", "pulse", "pipewire", "app_mic", "hdmi:CARD=HDMI,DEV=1"]
        {
            assert!(!is_alsa_plugin(pcm), "{pcm}");
        }
    }
}
