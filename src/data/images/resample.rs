//! Images of another size, by the mean of areas.

/// Brings an image `(H, W, C)` to another size. A new pixel is the mean of the area that it covers, in whole numbers and
/// rounded once, half up: with sides in units of 1 / (old side x new side), every border lies on a whole number.
pub(super) fn resample(pixels: &[u8], from: [usize; 2], channels: usize, to: [usize; 2]) -> Vec<u8> {
    if from == to {
        return pixels.to_vec();
    }
    let ([old_height, old_width], [height, width]) = (from, to);
    let row = width * channels;
    // at most 255 x old width, then x old height: sides are below 2^16 and their product below 2^26
    let mut across = vec![0_u64; row];
    let mut sums = vec![0_u64; height * row];
    for (y, line) in pixels.chunks_exact(old_width * channels).enumerate() {
        across.fill(0);
        for (x, pixel) in line.chunks_exact(channels).enumerate() {
            for (column, share) in shares(x, old_width, width) {
                for (sum, &value) in across[column * channels..].iter_mut().zip(pixel) {
                    *sum += share * u64::from(value);
                }
            }
        }
        for (r, share) in shares(y, old_height, height) {
            for (sum, &value) in sums[r * row..].iter_mut().zip(&across) {
                *sum += share * value;
            }
        }
    }
    let area = (old_height * old_width) as u64;
    // a mean of bytes is a byte
    sums.into_iter().map(|sum| ((2 * sum + area) / (2 * area)) as u8).collect()
}

/// The new pixels that old pixel `x` lies in, each with the length of their overlap in units of 1 / (old x new).
fn shares(x: usize, old: usize, new: usize) -> impl Iterator<Item = (usize, u64)> {
    let (start, end) = (x * new, (x + 1) * new);
    (start / old..end.div_ceil(old)).map(move |column| {
        let overlap = end.min((column + 1) * old) - start.max(column * old);
        (column, overlap as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_and_thirds_are_means() {
        assert_eq!(resample(&[10, 20, 30, 40], [2, 2], 1, [1, 1]), [25]);
        assert_eq!(resample(&[0, 90, 255], [1, 3], 1, [1, 2]), [30, 200]);
        // two channels stay apart; half a step rounds up
        assert_eq!(resample(&[0, 100, 1, 101], [1, 2], 2, [1, 1]), [1, 101]);
        assert_eq!(resample(&[7, 9], [1, 2], 1, [2, 4]), [7, 7, 9, 9, 7, 7, 9, 9]);
    }

    #[test]
    fn the_mean_of_the_whole_stays_and_nothing_leaves_the_range() {
        let white = vec![255; 37 * 53];
        assert!(resample(&white, [37, 53], 1, [10, 11]).iter().all(|&v| v == 255));
        let ramp: Vec<u8> = (0..60 * 40).map(|i| (i % 251) as u8).collect();
        let mean = |v: &[u8]| v.iter().map(|&x| f64::from(x)).sum::<f64>() / v.len() as f64;
        let small = resample(&ramp, [60, 40], 1, [7, 9]);
        assert_eq!(small.len(), 63);
        assert!((mean(&small) - mean(&ramp)).abs() < 0.5);
    }
}
