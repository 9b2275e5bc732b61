//! One image file: what its header says, and its pixels.

use super::orientation::{orientation, turned, upright};
use crate::error::{Error, Result};
use png::{BitDepth, ColorType, Transformations};
use std::fmt::Display;
use std::io::Cursor;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Most pixels of a file: 33 million, more than most cameras give, and 100 MB while it is read.
const MOST_PIXELS: usize = 1 << 25;
/// What a side can be in a JPEG file; longer ones of PNG files are absurd.
const LONGEST_SIDE: usize = 65_535;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";
/// Formats that people have and that are not read: where their mark stands, and their names.
const OTHERS: [(usize, &[u8], &str); 8] = [
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WebP"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (4, b"ftyp", "HEIC, AVIF or a film"),
    (0, b"<svg", "SVG"),
    (0, b"\0\0\x01\0", "ICO"),
];

/// Whether a file begins as a PNG or a JPEG file does.
#[must_use]
pub fn is_image(head: &[u8]) -> bool {
    head.starts_with(PNG) || head.starts_with(JPEG)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Png,
    /// With the orientation of its EXIF block.
    Jpeg(u8),
}

/// What the header of a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decoder {
    format: Format,
    /// Height and width, upright.
    pub(super) size: [usize; 2],
    /// Whether it has other colours than greys.
    pub(super) colour: bool,
}

/// Pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) size: [usize; 2],
    /// 1 or 3.
    pub(super) channels: usize,
    pub(super) values: Vec<u8>,
}

impl Decoder {
    /// Reads the header of the file called `name`.
    ///
    /// # Errors
    /// [`Error::File`] if it is neither PNG nor JPEG, damaged, of four inks or of an absurd size.
    pub(super) fn open(name: &str, bytes: &[u8]) -> Result<Self> {
        if bytes.starts_with(PNG) {
            png_header(name, bytes)
        } else if bytes.starts_with(JPEG) {
            jpeg_header(name, bytes)
        } else {
            Err(foreign(name, bytes))
        }
    }

    /// Reads the pixels.
    ///
    /// # Errors
    /// [`Error::File`] if the file is damaged or was cut short.
    pub(super) fn read(&self, name: &str, bytes: &[u8]) -> Result<Picture> {
        match self.format {
            Format::Png => self.read_png(name, bytes),
            Format::Jpeg(orientation) => self.read_jpeg(name, bytes, orientation),
        }
    }

    fn read_png(&self, name: &str, bytes: &[u8]) -> Result<Picture> {
        let mut decoder = png::Decoder::new(Cursor::new(bytes));
        decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
        let mut reader = decoder.read_info().map_err(|e| broken(name, "PNG", e))?;
        let size = reader.output_buffer_size().ok_or_else(|| broken(name, "PNG", "no size"))?;
        let mut values = vec![0; size];
        let frame = reader.next_frame(&mut values).map_err(|e| broken(name, "PNG", e))?;
        let keep = if self.colour { 3 } else { 1 };
        let pixels = values.chunks_exact(frame.color_type.samples());
        let values = match frame.color_type {
            ColorType::GrayscaleAlpha | ColorType::Rgba => pixels
                .flat_map(|pixel| {
                    let (&alpha, colours) = pixel.split_last().unwrap_or((&255, &[]));
                    colours[..keep].iter().map(move |&value| over_white(value, alpha))
                })
                .collect(),
            _ => pixels.flat_map(|pixel| pixel[..keep].iter().copied()).collect(),
        };
        Ok(Picture { size: self.size, channels: keep, values })
    }

    fn read_jpeg(&self, name: &str, bytes: &[u8], orientation: u8) -> Result<Picture> {
        let (channels, space) = if self.colour { (3, ColorSpace::RGB) } else { (1, ColorSpace::Luma) };
        let options = options().jpeg_set_out_colorspace(space);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        let values = decoder.decode().map_err(|e| broken(name, "JPEG", e))?;
        // turning exchanges the sides; turning back gives those that are stored
        let stored = turned(self.size, orientation);
        if values.len() != stored[0] * stored[1] * channels {
            return Err(broken(name, "JPEG", "another size than its header says"));
        }
        let (values, size) = upright(values, stored, channels, orientation);
        Ok(Picture { size, channels, values })
    }
}

/// Of a colour and its opacity what is seen on white, rounded.
fn over_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    // at most 255, being a mean of bytes
    ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

fn png_header(name: &str, bytes: &[u8]) -> Result<Decoder> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    let info = decoder.read_header_info().map_err(|e| broken(name, "PNG", e))?;
    // judged before anything is allocated for rows
    let size = check_size(name, info.height as usize, info.width as usize)?;
    let reader = decoder.read_info().map_err(|e| broken(name, "PNG", e))?;
    let info = reader.info();
    let colour = match info.color_type {
        ColorType::Grayscale | ColorType::GrayscaleAlpha => false,
        ColorType::Indexed if info.bit_depth != BitDepth::Sixteen => {
            let palette = info.palette.as_deref().unwrap_or_default();
            palette.chunks_exact(3).any(|rgb| rgb[0] != rgb[1] || rgb[1] != rgb[2])
        }
        _ => true,
    };
    Ok(Decoder { format: Format::Png, size, colour })
}

fn jpeg_header(name: &str, bytes: &[u8]) -> Result<Decoder> {
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options());
    decoder.decode_headers().map_err(|e| broken(name, "JPEG", e))?;
    let (Some((width, height)), Some(space)) = (decoder.dimensions(), decoder.input_colorspace()) else {
        return Err(broken(name, "JPEG", "no header"));
    };
    if matches!(space, ColorSpace::CMYK | ColorSpace::YCCK) {
        return Err(Error::file("image-inks", name)
            .expected("an image in grey or in red, green and blue")
            .got("one in the four inks of print (CMYK)")
            .hint("save it in RGB"));
    }
    let held = decoder.exif().map_or(1, |exif| orientation(exif));
    let size = turned(check_size(name, height, width)?, held);
    Ok(Decoder { format: Format::Jpeg(held), size, colour: space != ColorSpace::Luma })
}

/// Strict: a file that was cut short is refused, not filled with grey.
fn options() -> DecoderOptions {
    DecoderOptions::default()
        .set_max_width(LONGEST_SIDE)
        .set_max_height(LONGEST_SIDE)
        .set_strict_mode(true)
        .set_use_unsafe(false)
}

fn check_size(name: &str, height: usize, width: usize) -> Result<[usize; 2]> {
    let sides = 1..=LONGEST_SIDE;
    if sides.contains(&height) && sides.contains(&width) && height * width <= MOST_PIXELS {
        return Ok([height, width]);
    }
    Err(Error::file("image-size", name)
        .expected(format!("at most {MOST_PIXELS} pixels"))
        .got(format!("{height} x {width}"))
        .hint("make the image smaller")
        .arg("most", MOST_PIXELS)
        .arg("height", height)
        .arg("width", width))
}

fn broken(name: &str, format: &str, cause: impl Display) -> Error {
    Error::file("image-broken", name)
        .expected(format!("a whole {format} file"))
        .got(cause.to_string())
        .hint("save or download the file again")
        .arg("format", format)
}

fn foreign(name: &str, bytes: &[u8]) -> Error {
    let known = OTHERS.iter().find(|(at, mark, _)| bytes.get(*at..).is_some_and(|b| b.starts_with(mark)));
    let got = match known {
        Some((_, _, format)) => format,
        None if bytes.is_empty() => "0 bytes",
        None => "another kind of file",
    };
    Error::file("image-format", name)
        .expected("a PNG or JPEG file")
        .got(got)
        .hint("save it as PNG or JPEG, or leave it out")
        .arg("format", got)
}
