//! How a photograph was held: one number of its EXIF block.

/// The tag of the orientation (EXIF 2.3, table 4).
const TAG: u16 = 0x0112;

/// The orientation 1 to 8 that an EXIF block (a TIFF header and its first directory) holds; 1, upright, where it holds none.
pub(super) fn orientation(exif: &[u8]) -> u8 {
    find(exif).filter(|n| (1..=8).contains(n)).map_or(1, |n| n as u8)
}

fn find(exif: &[u8]) -> Option<u16> {
    let little = match exif.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes: [u8; 2] = exif.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes: [u8; 4] = exif.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    // within the block, so that no place of an entry overflows
    let directory = usize::try_from(long(4)?).ok().filter(|&at| at < exif.len())?;
    let entries = usize::from(short(directory)?);
    // an entry is tag, type, count and value, of 12 bytes together
    (0..entries)
        .map(|i| directory + 2 + 12 * i)
        .find(|&at| short(at) == Some(TAG))
        .and_then(|at| short(at + 8))
}

/// Puts an image `(H, W, C)` upright. Returns its size then, which is the other way round for orientations 5 to 8.
pub(super) fn upright(
    pixels: Vec<u8>,
    size: [usize; 2],
    channels: usize,
    orientation: u8,
) -> (Vec<u8>, [usize; 2]) {
    let [height, width] = size;
    if orientation == 1 {
        return (pixels, size);
    }
    let [new_height, new_width] = turned(size, orientation);
    let mut out = Vec::with_capacity(pixels.len());
    for y in 0..new_height {
        for x in 0..new_width {
            let (row, column) = match orientation {
                2 => (y, width - 1 - x),
                3 => (height - 1 - y, width - 1 - x),
                4 => (height - 1 - y, x),
                5 => (x, y),
                6 => (height - 1 - x, y),
                7 => (height - 1 - x, width - 1 - y),
                _ => (x, width - 1 - y),
            };
            let at = (row * width + column) * channels;
            out.extend_from_slice(&pixels[at..at + channels]);
        }
    }
    (out, [new_height, new_width])
}

/// The size of an image once it is upright.
pub(super) fn turned([height, width]: [usize; 2], orientation: u8) -> [usize; 2] {
    if orientation >= 5 { [width, height] } else { [height, width] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_found_in_both_byte_orders_and_nonsense_is_upright() {
        let little = [b"II*\0\x08\0\0\0\x01\0".as_slice(), b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"].concat();
        let big = [b"MM\0*\0\0\0\x08\0\x01".as_slice(), b"\x01\x12\0\x03\0\0\0\x01\0\x08\0\0"].concat();
        assert_eq!((orientation(&little), orientation(&big)), (6, 8));
        for length in 0..little.len() - 2 {
            assert_eq!(orientation(&little[..length]), 1);
        }
        assert_eq!(orientation(b"II*\0\xff\xff\xff\xff"), 1);
    }

    #[test]
    fn each_orientation_undoes_how_the_camera_was_held() {
        // an upright image of 2 x 3, as it is stored for each orientation (EXIF 2.3, figure of tag 274)
        let stored: [(&[u8], [usize; 2]); 8] = [
            (&[1, 2, 3, 4, 5, 6], [2, 3]),
            (&[3, 2, 1, 6, 5, 4], [2, 3]),
            (&[6, 5, 4, 3, 2, 1], [2, 3]),
            (&[4, 5, 6, 1, 2, 3], [2, 3]),
            (&[1, 4, 2, 5, 3, 6], [3, 2]),
            (&[3, 6, 2, 5, 1, 4], [3, 2]),
            (&[6, 3, 5, 2, 4, 1], [3, 2]),
            (&[4, 1, 5, 2, 6, 3], [3, 2]),
        ];
        for (i, (pixels, size)) in stored.into_iter().enumerate() {
            let (upright, size) = upright(pixels.to_vec(), size, 1, i as u8 + 1);
            assert_eq!((upright, size), (vec![1, 2, 3, 4, 5, 6], [2, 3]), "orientation {}", i + 1);
        }
    }
}
