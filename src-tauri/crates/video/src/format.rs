//! The pixel layouts of cameras and the order in which modes are tried. Pure.

/// How the bytes of a frame are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Layout {
    /// One JPEG, possibly padded or without Huffman tables.
    Mjpeg,
    /// 4:2:2 packed Y U Y V, BT.601 limited range.
    Yuyv,
    /// 4:2:0, a plane of Y and one of UV, BT.601 limited range.
    Nv12,
    /// 8 bits each R, G, B.
    Rgb,
    /// 8 bits each B, G, R.
    Bgr,
    /// 8 bits of luma.
    Gray,
}

impl Layout {
    /// Returns the bytes of a frame in this layout; `None` when it is compressed.
    pub(crate) fn frame_bytes(self, width: u32, height: u32) -> Option<usize> {
        let pixels = width as usize * height as usize;
        match self {
            Self::Mjpeg => None,
            Self::Yuyv => Some(pixels * 2),
            Self::Nv12 => Some(pixels + 2 * width.div_ceil(2) as usize * height.div_ceil(2) as usize),
            Self::Rgb | Self::Bgr => Some(pixels * 3),
            Self::Gray => Some(pixels),
        }
    }

    /// Returns the rank; lower is tried first. MJPEG is the fastest, since raw pixels exceed the bandwidth of USB.
    fn rank(self) -> u32 {
        match self {
            Self::Mjpeg => 0,
            Self::Nv12 | Self::Yuyv => 1,
            Self::Rgb | Self::Bgr => 2,
            Self::Gray => 3,
        }
    }
}

/// One mode a camera offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Offer {
    pub(crate) layout: Layout,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Frames per second.
    pub(crate) fps: u32,
}

/// Larger pictures cost decoding time and are scaled to 768 anyway.
const ENOUGH: (u32, u32) = (1280, 720);
const WANTED_FPS: u32 = 30;
/// Below this the preview stutters.
const SMOOTH_FPS: u32 = 15;

/// Sorts the offers, best first: not larger than needed, smooth, cheap to transfer, then as large as allowed and near
/// 30 fps.
pub(crate) fn ranked(mut offers: Vec<Offer>) -> Vec<Offer> {
    offers.retain(|offer| offer.width > 0 && offer.height > 0);
    offers.sort_by_key(|offer| {
        let too_large = offer.width > ENOUGH.0 || offer.height > ENOUGH.1;
        let area = u64::from(offer.width) * u64::from(offer.height);
        let by_size = if too_large { area } else { u64::MAX - area };
        (too_large, offer.fps < SMOOTH_FPS, offer.layout.rank(), by_size, offer.fps.abs_diff(WANTED_FPS))
    });
    offers.dedup();
    offers
}

/// Returns the modes to try when the list is unreliable (see native.rs, macOS).
pub(crate) fn usual_offers(layout: Layout) -> Vec<Offer> {
    let sizes = [(1280, 720), (640, 480), (1920, 1080), (1760, 1328), (1552, 1552)];
    let with_fps = |fps| sizes.map(|(width, height)| Offer { layout, width, height, fps });
    [30, 60, 24, 15].into_iter().flat_map(with_fps).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(layout: Layout, width: u32, height: u32, fps: u32) -> Offer {
        Offer { layout, width, height, fps }
    }

    #[test]
    fn mjpeg_720p30_wins() {
        use Layout::{Mjpeg, Yuyv};
        let best = offer(Mjpeg, 1280, 720, 30);
        let offers = vec![
            offer(Mjpeg, 1920, 1080, 30),
            offer(Yuyv, 640, 480, 30),
            offer(Mjpeg, 1280, 720, 60),
            offer(Mjpeg, 640, 480, 30),
            best,
            offer(Yuyv, 1280, 720, 10),
        ];
        let ranked = ranked(offers);
        assert_eq!(ranked[0], best);
        assert_eq!(ranked[5], offer(Mjpeg, 1920, 1080, 30));
    }

    #[test]
    fn raw_prefers_smooth_over_large() {
        use Layout::{Gray, Yuyv};
        let offers = vec![
            offer(Gray, 640, 480, 30),
            offer(Yuyv, 1280, 720, 10),
            offer(Yuyv, 640, 480, 30),
            offer(Yuyv, 0, 0, 30),
        ];
        let ranked = ranked(offers);
        assert_eq!(ranked[0], offer(Yuyv, 640, 480, 30));
        assert_eq!(ranked.len(), 3);
    }

    #[test]
    fn only_large_takes_the_smallest() {
        let ranked = ranked(vec![offer(Layout::Nv12, 3840, 2160, 30), offer(Layout::Nv12, 1920, 1080, 30)]);
        assert_eq!(ranked[0].width, 1920);
    }

    #[test]
    fn frame_sizes() {
        assert_eq!(Layout::Nv12.frame_bytes(640, 480), Some(460_800));
        assert_eq!(Layout::Nv12.frame_bytes(3, 3), Some(17));
        assert_eq!(Layout::Yuyv.frame_bytes(640, 480), Some(614_400));
        assert_eq!(Layout::Mjpeg.frame_bytes(640, 480), None);
    }
}
