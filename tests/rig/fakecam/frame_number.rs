//! Reads the frame number that fakecam paints into its pictures. Include it with `#[path]`.

/// Squares in a full strip; pictures narrower than 544 pixels have 16.
const SQUARES: u32 = 32;
/// The width of a square and the strip's distance from the left and the top, in pixels of the camera's picture.
const SIDE: u32 = 16;

/// Returns the number in a picture that fakecam made `camera_width` pixels wide and that may have been scaled since.
///
/// `rgb` has 8 bits each for R, G, B in rows without gaps. Returns `None` when a square is neither black nor white, so
/// other pictures have no number.
pub(crate) fn frame_number(rgb: &[u8], width: u32, height: u32, camera_width: u32) -> Option<u32> {
    let squares = if camera_width / 8 > 2 * SQUARES + 2 { SQUARES } else { SQUARES / 2 };
    let scale = f64::from(width) / f64::from(camera_width);
    let row = (f64::from(SIDE) * 1.5 * scale) as u32;
    if row >= height || rgb.len() < width as usize * height as usize * 3 {
        return None;
    }
    (0..squares).try_fold(0, |number, bit| {
        let column = ((f64::from(SIDE) * (f64::from(bit) + 1.5)) * scale) as u32;
        let at = (row as usize * width as usize + column as usize) * 3;
        match rgb.get(at + 1)? {
            0..=80 => Some(number),
            175..=255 => Some(number | 1 << bit),
            _ => None,
        }
    })
}
