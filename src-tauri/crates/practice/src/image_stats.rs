//! Statistics of a picture's pixels: size, brightness, main colours by name, and what moved since the one before.
//!
//! Pure, and bounded against pictures that mean harm: by bytes, by pixels and by the scans of a progressive one. Decoding
//! takes up to some 50 ms, so it is done in the `compute_pool` and never in a session's task.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use live_server::picture_size;

/// Larger pictures are not decoded, in bytes; a session does not keep them either.
const MOST_BYTES: usize = 4 << 20;
/// More pixels are not decoded: those of a 4K camera.
const MOST_PIXELS: u64 = 3_840 * 2_160;
/// A progressive picture has ten scans as a rule; each costs as much as a whole plain picture.
const MOST_SCANS: usize = 24;
/// Pixels that are looked at, across and down.
const GRID: usize = 64;
/// Squares in which movement is looked for, across and down.
const SQUARES: usize = 8;
/// Colours that are named.
const NAMED: usize = 3;
/// In percent: what is less is not worth a name.
const LEAST_SHARE: u8 = 8;
/// The change of a square's brightness, with the whole picture's taken out, of 255: noise stays below 1, a change of
/// exposure below 3, a hand makes 16 and a cut 97 (measured).
const MOVED: f32 = 4.0;
/// Of a hundred squares.
const EVERYTHING: usize = 70;

/// What a picture's pixels say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ImageStats {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// In percent.
    pub(crate) brightness: u8,
    /// The main colours with their shares in percent, the largest first.
    pub(crate) colours: Vec<(&'static str, u8)>,
    /// `None` when there is no picture before it that could be compared.
    pub(crate) change: Option<Change>,
}

/// What changed from one picture to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    None,
    /// In this part of the picture, as "on the left".
    Some {
        place: &'static str,
    },
    Everything,
}

impl ImageStats {
    /// Its brightness in a word.
    pub(crate) fn tone(&self) -> &'static str {
        match self.brightness {
            0..15 => "very dark",
            15..35 => "rather dark",
            35..65 => "neither dark nor bright",
            65..85 => "bright",
            _ => "very bright",
        }
    }
}

/// Looks at the newest picture, and at the one before it for what moved. `None` when the newest is no JPEG that can be
/// decoded within the limits.
pub(crate) fn look(newest: &[u8], before: Option<&[u8]>) -> Option<ImageStats> {
    let (width, height, pixels) = sampled(newest)?;
    let before = before.and_then(sampled).filter(|(w, h, _)| (*w, *h) == (width, height));
    let luma: f32 = pixels.iter().map(|pixel| luma(*pixel)).sum::<f32>() / pixels.len() as f32;
    Some(ImageStats {
        width,
        height,
        brightness: (luma / 2.55).round() as u8,
        colours: colours(&pixels),
        change: before.map(|(_, _, before)| change(&before, &pixels)),
    })
}

/// The size, and [`GRID`]² pixels spread over the picture.
fn sampled(jpeg: &[u8]) -> Option<(u32, u32, Vec<[u8; 3]>)> {
    let (width, height) = picture_size(jpeg)?;
    let fits = jpeg.len() <= MOST_BYTES && u64::from(width) * u64::from(height) <= MOST_PIXELS;
    if !fits || !jpeg.starts_with(&[0xff, 0xd8]) || width == 0 || height == 0 {
        return None;
    }
    let options = DecoderOptions::default()
        .set_max_width(width as usize)
        .set_max_height(height as usize)
        .jpeg_set_max_scans(MOST_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    let rgb = decoder.decode().ok()?;
    let (columns, rows) = (width as usize, height as usize);
    let pixel = |row: usize, column: usize| {
        let at = (row * columns + column) * 3;
        rgb.get(at..at + 3).map(|rgb| [rgb[0], rgb[1], rgb[2]])
    };
    // The mean of four pixels of each cell, since one would see the camera's noise.
    let cell = |row: usize, column: usize| {
        let mut sum = [0_u16; 3];
        for (down, across) in [(1, 1), (1, 3), (3, 1), (3, 3)] {
            let row = (row * 4 + down) * rows / (GRID * 4);
            let column = (column * 4 + across) * columns / (GRID * 4);
            sum.iter_mut().zip(pixel(row, column)?).for_each(|(sum, value)| *sum += u16::from(value));
        }
        Some(sum.map(|sum| (sum / 4) as u8))
    };
    let cells: Option<Vec<_>> = (0..GRID)
        .flat_map(|row| (0..GRID).map(move |column| (row, column)))
        .map(|(row, column)| cell(row, column))
        .collect();
    Some((width, height, cells?))
}

/// ITU-R BT.601.
fn luma([red, green, blue]: [u8; 3]) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

fn colours(pixels: &[[u8; 3]]) -> Vec<(&'static str, u8)> {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for pixel in pixels {
        let name = name_of(*pixel);
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
        .into_iter()
        .map(|(name, count)| (name, ((count * 100 + pixels.len() / 2) / pixels.len()) as u8))
        .filter(|(_, share)| *share >= LEAST_SHARE)
        .take(NAMED)
        .collect()
}

/// The colour's name by hue, saturation and value.
fn name_of([red, green, blue]: [u8; 3]) -> &'static str {
    let (red, green, blue) = (i32::from(red), i32::from(green), i32::from(blue));
    let (high, low) = (red.max(green).max(blue), red.min(green).min(blue));
    let spread = high - low;
    // Little colour, or too dark to tell: a grey.
    if high < 40 {
        return "black";
    }
    if spread * 100 < high * 18 {
        return match high {
            ..80 => "dark grey",
            80..150 => "grey",
            150..215 => "light grey",
            _ => "white",
        };
    }
    let hue = if high == red {
        60 * (green - blue) / spread
    } else if high == green {
        120 + 60 * (blue - red) / spread
    } else {
        240 + 60 * (red - green) / spread
    };
    match (hue + 360) % 360 {
        15..45 if high < 170 => "brown",
        15..40 if spread * 100 < high * 55 => "beige",
        0..15 | 345.. if spread * 100 < high * 50 && high > 150 => "pink",
        0..15 | 345.. => "red",
        15..45 => "orange",
        45..70 => "yellow",
        70..165 => "green",
        165..200 => "turquoise",
        200..255 => "blue",
        255..295 => "purple",
        _ => "pink",
    }
}

fn change(before: &[[u8; 3]], now: &[[u8; 3]]) -> Change {
    let squares = |pixels: &[[u8; 3]]| -> Vec<f32> {
        let mut sums = vec![0.0; SQUARES * SQUARES];
        for (at, pixel) in pixels.iter().enumerate() {
            let (row, column) = (at / GRID * SQUARES / GRID, at % GRID * SQUARES / GRID);
            sums[row * SQUARES + column] += luma(*pixel);
        }
        let each = (pixels.len() / sums.len()) as f32;
        let mean = sums.iter().sum::<f32>() / pixels.len() as f32;
        // Without the mean, so that a camera that sets its exposure moves nothing.
        sums.iter().map(|sum| sum / each - mean).collect()
    };
    let moved: Vec<usize> = squares(before)
        .iter()
        .zip(squares(now))
        .enumerate()
        .filter(|(_, (before, now))| (*before - now).abs() > MOVED)
        .map(|(at, _)| at)
        .collect();
    if moved.is_empty() {
        return Change::None;
    }
    if moved.len() * 100 >= EVERYTHING * SQUARES * SQUARES {
        return Change::Everything;
    }
    let middle = |of: fn(usize) -> usize| {
        moved.iter().map(|&at| of(at) as f32 + 0.5).sum::<f32>() / moved.len() as f32
    };
    let across = middle(|at| at % SQUARES) / SQUARES as f32;
    let down = middle(|at| at / SQUARES) / SQUARES as f32;
    let place = match (across, down) {
        (..0.36, _) => "on the left",
        (0.64.., _) => "on the right",
        (_, ..0.36) => "at the top",
        (_, 0.64..) => "at the bottom",
        _ => "in the middle",
    };
    Change::Some { place }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG of rows of grid cells, each painted by `paint`.
    fn jpeg(width: u16, height: u16, paint: impl Fn(u16, u16) -> [u8; 3]) -> Vec<u8> {
        let rgb: Vec<u8> = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .flat_map(|(x, y)| paint(x, y))
            .collect();
        let mut out = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut out, 90);
        encoder.encode(&rgb, width, height, jpeg_encoder::ColorType::Rgb).expect("encoded");
        out
    }

    #[test]
    fn colours_and_brightness_are_those_of_the_pixels() {
        let flag = jpeg(320, 240, |x, _| if x < 200 { [20, 40, 200] } else { [230, 20, 20] });
        let stats = look(&flag, None).expect("statistics");
        assert_eq!((stats.width, stats.height, stats.change), (320, 240, None));
        let names: Vec<&str> = stats.colours.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["blue", "red"]);
        assert!(stats.colours[0].1.abs_diff(62) < 4, "{:?}", stats.colours);
        assert!(stats.brightness.abs_diff(24) < 4, "{}", stats.brightness);
        for (rgb, name) in [
            ([0, 0, 0], "black"),
            ([250, 250, 250], "white"),
            ([128, 128, 128], "grey"),
            ([30, 160, 40], "green"),
            ([250, 220, 40], "yellow"),
            ([110, 70, 30], "brown"),
            ([240, 140, 20], "orange"),
        ] {
            let stats = look(&jpeg(64, 48, |_, _| rgb), None).expect("statistics");
            assert_eq!(stats.colours, [(name, 100)]);
        }
    }

    #[test]
    fn movement_is_found_where_it_is_and_exposure_is_none() {
        let scene = |shift: u16, light: u8| {
            jpeg(320, 240, move |x, y| {
                let hand = (20 + shift..60 + shift).contains(&x) && (80..160).contains(&y);
                let level = if hand { 220 } else { 60 + (y / 8) as u8 };
                [level + light; 3]
            })
        };
        let change = |a: &[u8], b: &[u8]| look(b, Some(a)).expect("statistics").change;
        assert_eq!(change(&scene(0, 0), &scene(0, 0)), Some(Change::None));
        assert_eq!(change(&scene(0, 0), &scene(0, 8)), Some(Change::None));
        assert_eq!(change(&scene(0, 0), &scene(40, 0)), Some(Change::Some { place: "on the left" }));
        let other = jpeg(320, 240, |x, y| if (x / 40 + y / 40) % 2 == 0 { [255; 3] } else { [0; 3] });
        assert_eq!(change(&scene(0, 0), &other), Some(Change::Everything));
        assert_eq!(change(&jpeg(100, 100, |_, _| [9; 3]), &other), None, "of another size");
    }

    #[test]
    fn what_is_no_picture_or_too_large_is_not_looked_at() {
        let good = jpeg(64, 48, |x, _| [x as u8; 3]);
        assert!(look(&[], None).is_none() && look(b"\xff\xd8 nothing", None).is_none());
        for at in 0..good.len() {
            // Cut or damaged anywhere: an answer or none, and never a panic.
            let _ = look(&good[..at], Some(&good));
            let mut damaged = good.clone();
            damaged[at] ^= 0x55;
            let _ = look(&damaged, None);
        }
        // A header that promises 65,500 × 65,500 pixels.
        let mut huge = good.clone();
        let frame = huge.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame header");
        huge[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
        assert!(look(&huge, None).is_none());
    }
}
