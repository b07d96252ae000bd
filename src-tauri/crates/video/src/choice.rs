//! The list of cameras as the user sees it, and the lookup by name. Pure.

use std::path::PathBuf;

use crate::VideoError;

/// Which camera to open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CameraChoice {
    /// The system's first camera.
    #[default]
    Default,
    /// A camera by its id, or by a part of its name in any case.
    Named(String),
    /// A still picture (PNG or JPEG) in place of a camera, for tests and for machines without a camera.
    File(PathBuf),
}

/// A camera in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraInfo {
    /// The id for [`CameraChoice::Named`]: the symbolic link on Windows, the unique id on macOS, the device node on
    /// Linux (which may change with the USB port).
    pub id: String,
    /// The display name.
    pub name: String,
    /// Whether [`CameraChoice::Default`] opens this one.
    pub is_default: bool,
}

/// A device in the system's list, before sorting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) index: u32,
    pub(crate) id: String,
    pub(crate) name: String,
    /// The parent of the node (the USB interface), if the system gives it.
    pub(crate) parent: Option<PathBuf>,
}

/// Sorts the nodes and omits those for metadata.
///
/// A UVC camera has a second node without pictures, next to the first and with the same name and parent. Opening each
/// node would wake every camera, so the parent decides. Without a parent, only a direct neighbour of the same name is
/// omitted.
pub(crate) fn cameras_among(mut nodes: Vec<Node>) -> Vec<Node> {
    nodes.sort_by_key(|node| node.index);
    let mut kept: Vec<Node> = Vec::new();
    let mut before: Option<Node> = None;
    for node in nodes {
        let kin_of_known = node.parent.is_some()
            && kept.iter().any(|other| other.parent == node.parent && other.name == node.name);
        let kin_of_neighbour = node.parent.is_none()
            && before.as_ref().is_some_and(|other| {
                other.parent.is_none() && other.name == node.name && other.index + 1 == node.index
            });
        before = Some(node.clone());
        if !kin_of_known && !kin_of_neighbour {
            kept.push(node);
        }
    }
    kept
}

/// Finds what `wanted` names: an id, else a whole name, else a part of one.
///
/// # Errors
/// [`VideoError::Missing`] when no camera fits.
pub(crate) fn find<'a>(nodes: &'a [Node], wanted: Option<&str>) -> Result<&'a Node, VideoError> {
    let missing = || VideoError::Missing { wanted: wanted.map(str::to_owned) };
    let Some(wanted) = wanted else { return nodes.first().ok_or_else(missing) };
    let needle = wanted.to_lowercase();
    nodes
        .iter()
        .find(|node| node.id == wanted)
        .or_else(|| nodes.iter().find(|node| node.name.to_lowercase() == needle))
        .or_else(|| nodes.iter().find(|node| node.name.to_lowercase().contains(&needle)))
        .ok_or_else(missing)
}

/// Shortens the doubled names of UVC drivers: `HD Cam: HD Ca` (the kernel truncates at 31 bytes) becomes `HD Cam`.
pub(crate) fn tidy_name(name: &str) -> String {
    let name = name.trim();
    match name.split_once(": ") {
        Some((first, second)) if first.starts_with(second) => first.to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(index: u32, name: &str, parent: Option<&str>) -> Node {
        Node {
            index,
            id: format!("/dev/video{index}"),
            name: name.to_owned(),
            parent: parent.map(PathBuf::from),
        }
    }

    fn indices(nodes: Vec<Node>) -> Vec<u32> {
        cameras_among(nodes).into_iter().map(|node| node.index).collect()
    }

    #[test]
    fn metadata_nodes_are_left_out_whatever_the_order() {
        let nodes = vec![
            node(3, "B", Some("usb2")),
            node(1, "A", None),
            node(0, "A", None),
            node(2, "B", Some("usb2")),
        ];
        assert_eq!(indices(nodes), [0, 2]);
    }

    #[test]
    fn two_cameras_of_one_model_are_both_listed() {
        let nodes = vec![
            node(0, "C920", Some("usb1")),
            node(1, "C920", Some("usb1")),
            node(2, "C920", Some("usb2")),
            node(3, "C920", Some("usb2")),
        ];
        assert_eq!(indices(nodes), [0, 2]);
        assert_eq!(indices(vec![node(0, "Loop", None), node(7, "Loop", None)]), [0, 7]);
    }

    #[test]
    fn a_name_is_found_by_id_then_whole_then_part() {
        let nodes = [node(0, "Wide Cam Pro", None), node(2, "Cam", None)];
        let found = |wanted| find(&nodes, wanted).map(|node| node.index).ok();
        assert_eq!(found(None), Some(0));
        assert_eq!(found(Some("/dev/video2")), Some(2));
        assert_eq!(found(Some("cam")), Some(2));
        assert_eq!(found(Some("wide")), Some(0));
        assert_eq!(found(Some("screen")), None);
        assert!(matches!(find(&[], None), Err(VideoError::Missing { wanted: None })));
    }

    #[test]
    fn doubled_names_are_shortened() {
        assert_eq!(tidy_name("FakeCam HD: FakeCam HD"), "FakeCam HD");
        assert_eq!(tidy_name("Integrated Camera: Integrated C"), "Integrated Camera");
        assert_eq!(tidy_name("Logi: C920 "), "Logi: C920");
    }
}
