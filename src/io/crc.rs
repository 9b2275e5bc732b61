//! CRC-32 as zip, gzip and PNG have it (ISO 3309; polynomial 0x04C11DB7, bits reflected). It tells every burst of up to 32
//! bits from no error at all, and any other damage but for one in 2^32.

/// The polynomial with its lowest power in the highest bit.
const POLYNOMIAL: u32 = 0xEDB8_8320;

/// The checksum of all parts, one after the other.
pub(super) fn crc32(parts: &[&[u8]]) -> u32 {
    let table = table();
    let mut c = !0;
    for part in parts {
        for &byte in *part {
            c = table[usize::from(c as u8 ^ byte)] ^ (c >> 8);
        }
    }
    !c
}

/// What each value of a byte makes of the checksum. Made anew each time, faster than a kilobyte of it would travel: an entry is the
/// sum of those of its bits.
fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let (mut c, mut bit) = (1, 256);
    while bit > 1 {
        bit /= 2;
        c = if c & 1 == 1 { POLYNOMIAL ^ (c >> 1) } else { c >> 1 };
        for i in (0..256).step_by(2 * bit) {
            table[i + bit] = table[i] ^ c;
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_checksum_of_the_standard() {
        assert_eq!(crc32(&[]), 0);
        assert_eq!(crc32(&[b"123456789"]), 0xCBF4_3926);
        assert_eq!(crc32(&[b"1234", b"", b"56789"]), 0xCBF4_3926);
        assert_eq!(crc32(&[&[0; 32]]), 0x190A_55AD);
    }
}
