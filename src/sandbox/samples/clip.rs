//! A recording for tests over HTTP, where no browser records: a well-formed MP4 whose tracks are declared as H.264 and
//! AAC. Its container is whole; its pictures cannot be played, because nothing here looks at them.

/// A clip of some seconds, with the note of who spoke which digits, or without one.
pub fn clip(note: Option<(&str, &str)>, seconds: f32) -> Vec<u8> {
    let frames = (seconds * 25.0).round() as u32;
    let chunks = (seconds * 48_000.0 / 1024.0).round() as u32;
    let ftyp = boxed("ftyp", &[b"isom", &[0, 0, 2, 0], b"isomiso2avc1mp41"]);
    let build = |at: u32| {
        let pictures =
            track(&Track { id: 1, scale: 25, each: 1, count: frames, size: 16, at, entry: avc1(), sound: false });
        let at = at + frames * 16;
        let sound =
            track(&Track { id: 2, scale: 48_000, each: 1024, count: chunks, size: 8, at, entry: mp4a(), sound: true });
        let mvhd = full(
            "mvhd",
            0,
            &[
                &words(&[0, 0, 1000, (seconds * 1000.0) as u32, 0x0001_0000]),
                &[1, 0, 0, 0],
                &[0; 8],
                &MATRIX,
                &[0; 24],
                &words(&[3]),
            ],
        );
        boxed("moov", &[&mvhd, &pictures, &sound])
    };
    let media = (ftyp.len() + build(0).len() + 8) as u32;
    let data: Vec<u8> = (0..frames * 16 + chunks * 8).map(|i| (i * 31 % 251) as u8).collect();
    let mut file = [ftyp, build(media), boxed("mdat", &[&data])].concat();
    if let Some((openid, digits)) = note {
        file.extend(boxed("free", &[format!("ZZFACE:{openid}:{digits}").as_bytes()]));
    }
    file
}

struct Track {
    id: u32,
    scale: u32,
    each: u32,
    count: u32,
    size: u32,
    at: u32,
    entry: Vec<u8>,
    sound: bool,
}

const MATRIX: [u8; 36] = {
    let mut matrix = [0; 36];
    (matrix[1], matrix[17], matrix[32]) = (1, 1, 0x40);
    matrix
};

fn track(of: &Track) -> Vec<u8> {
    let ticks = of.count * of.each;
    let (volume, size) = if of.sound { (0x0100_0000, [0, 0]) } else { (0, [480 << 16, 640 << 16]) };
    let millis = (u64::from(ticks) * 1000 / u64::from(of.scale)) as u32;
    let tkhd = full("tkhd", 3, &[&words(&[0, 0, of.id, 0, millis, 0, 0, 0, volume]), &MATRIX, &words(&size)]);
    let mdhd = full("mdhd", 0, &[&words(&[0, 0, of.scale, ticks, 0x55c4_0000])]);
    let handler: &[u8] = if of.sound { b"soun" } else { b"vide" };
    let hdlr = full("hdlr", 0, &[&[0; 4], handler, &[0; 13]]);
    let head = if of.sound { full("smhd", 0, &[&[0; 4]]) } else { full("vmhd", 1, &[&[0; 8]]) };
    let dinf = boxed("dinf", &[&full("dref", 0, &[&words(&[1]), &full("url ", 1, &[])])]);
    let stbl = boxed(
        "stbl",
        &[
            &full("stsd", 0, &[&words(&[1]), &of.entry]),
            &full("stts", 0, &[&words(&[1, of.count, of.each])]),
            &full("stsc", 0, &[&words(&[1, 1, of.count, 1])]),
            &full("stsz", 0, &[&words(&[of.size, of.count])]),
            &full("stco", 0, &[&words(&[1, of.at])]),
        ],
    );
    let minf = boxed("minf", &[&head, &dinf, &stbl]);
    boxed("trak", &[&tkhd, &boxed("mdia", &[&mdhd, &hdlr, &minf])])
}

fn avc1() -> Vec<u8> {
    let sps = [0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xf0, 0x28, 0xd3, 0x50];
    let pps = [0x68, 0xce, 0x3c, 0x80];
    let avcc =
        boxed("avcC", &[&[1, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0, sps.len() as u8], &sps, &[1, 0, pps.len() as u8], &pps]);
    let size = [1, 224, 2, 128];
    let resolution = words(&[0x0048_0000, 0x0048_0000, 0]);
    boxed("avc1", &[&[0; 6], &[0, 1], &[0; 16], &size, &resolution, &[0, 1], &[0; 32], &[0, 24, 255, 255], &avcc])
}

fn mp4a() -> Vec<u8> {
    let specific = [0x05, 2, 0x11, 0x88];
    let config = [&[0x04, 13 + 4, 0x40, 0x15, 0, 0, 0][..], &words(&[64_000, 64_000]), &specific].concat();
    let stream = [&[0x03, 3 + config.len() as u8 + 3, 0, 2, 0][..], &config, &[0x06, 1, 2]].concat();
    let esds = full("esds", 0, &[&stream]);
    boxed("mp4a", &[&[0; 6], &[0, 1], &[0; 8], &[0, 1, 0, 16, 0, 0, 0, 0], &words(&[48_000 << 16]), &esds])
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn boxed(kind: &str, parts: &[&[u8]]) -> Vec<u8> {
    let payload = parts.concat();
    [&words(&[payload.len() as u32 + 8]), kind.as_bytes(), &payload].concat()
}

fn full(kind: &str, flags: u32, parts: &[&[u8]]) -> Vec<u8> {
    boxed(kind, &[&words(&[flags]), &parts.concat()])
}
