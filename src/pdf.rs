//! 扫描件 (PDF) taken apart into pictures of its pages, by a process of its own that has no files, no network, little time and
//! little memory: whatever the PDF does to its reader, it does it there.

use crate::{error::Error, state::State};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::{
    io::{Read, Write},
    path::Path,
    process::{ExitCode, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    sync::Semaphore,
};
use zhangzheng_documents::{
    pdf::{self, Limits, PdfError},
    photo,
};

pub use zhangzheng_documents::pdf::is_pdf;

/// The command line's word for the process that draws.
pub const COMMAND: &str = "draw-pdf";
/// No PDF is larger than this, in bytes.
pub const LARGEST: usize = 20 << 20;
/// What it may take, all told.
const SECONDS: u64 = 20;
const PROCESSOR_SECONDS: u64 = 12;
const MEMORY: u64 = 2 << 30;
/// More than five pages of 4 MB each never come out of it.
const LARGEST_ANSWER: usize = 24 << 20;

/// Each takes a processor for a second or two: few at once.
static DRAWERS: Semaphore = Semaphore::const_new(2);

/// The pages of an upload as JPEG, in order; at least one.
///
/// # Errors
/// [`Error::Invalid`] naming `file`, with what to do: locked, active, too long, damaged.
pub async fn pages(state: &State, upload: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let program = match &state.config.papers.pdf_program {
        Some(program) => program.clone(),
        None => std::env::current_exe().map_err(Error::internal)?,
    };
    take_apart(&program, upload).await
}

/// The same by a program that knows the command.
///
/// # Errors
/// As [`pages`].
pub async fn take_apart(program: &Path, upload: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let refuse = |refused: PdfError| Error::invalid("file", refused.advice());
    if upload.len() > Limits::default().max_bytes {
        return Err(refuse(PdfError::TooManyBytes));
    }
    let _turn = DRAWERS.acquire().await.map_err(Error::internal)?;
    let answer = tokio::time::timeout(Duration::from_secs(SECONDS), ask(program, upload)).await;
    match answer {
        Ok(answer) => read(&answer?).map_err(refuse),
        Err(_) => {
            tracing::warn!("a PDF was given up: it took too long");
            Err(refuse(PdfError::TooComplex))
        }
    }
}

/// What the process says; nothing when it has died of what it was given. It dies with us, too.
async fn ask(program: &Path, upload: &[u8]) -> Result<Vec<u8>, Error> {
    let mut child = Command::new(program)
        .arg(COMMAND)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(Error::internal)?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (Some(mut input), Some(output)) = (input, output) else { return Err(Error::internal("a child without pipes")) };
    let give = async {
        // Who has died reads no more: what it says, or does not say, is the answer.
        let _ = input.write_all(upload).await;
        drop(input);
    };
    let mut answer = Vec::new();
    let mut output = output.take(LARGEST_ANSWER as u64 + 1);
    let (_, taken) = tokio::join!(give, output.read_to_end(&mut answer));
    taken.map_err(Error::internal)?;
    let status = child.wait().await.map_err(Error::internal)?;
    if !status.success() {
        tracing::warn!(process.status = %status, "a PDF was given up: its reader died");
        answer.clear();
    }
    Ok(answer)
}

/// What an answer says: `pages`, then each with its length; or `refused` and the word why. Anything else is a reader that
/// ran out of what it may take.
fn read(answer: &[u8]) -> Result<Vec<Vec<u8>>, PdfError> {
    if let Some(word) = answer.strip_prefix(b"refused ") {
        let known = PdfError::ALL.into_iter().find(|refused| refused.word().as_bytes() == word);
        return Err(known.unwrap_or(PdfError::Damaged));
    }
    let mut rest = answer.strip_prefix(b"pages ").ok_or(PdfError::TooComplex)?;
    let mut pages = Vec::new();
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<4>().ok_or(PdfError::TooComplex)?;
        let (page, tail) = tail.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or(PdfError::TooComplex)?;
        pages.push(page.to_vec());
        rest = tail;
    }
    if pages.is_empty() || pages.len() > Limits::default().max_pages { Err(PdfError::TooComplex) } else { Ok(pages) }
}

/// The process: a PDF on its input, the answer on its output. It gives up what it may do before it looks at anything.
pub fn process() -> ExitCode {
    match confine().and_then(|()| answer()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn answer() -> std::io::Result<()> {
    let mut upload = Vec::new();
    std::io::stdin().lock().take(Limits::default().max_bytes as u64 + 1).read_to_end(&mut upload)?;
    let mut out = Vec::new();
    match pdf::open(upload, &Limits::default()) {
        Ok(pages) => {
            out.extend_from_slice(b"pages ");
            for page in pages {
                let jpeg = photo::encode(&page, &photo::Limits::default()).jpeg;
                out.extend_from_slice(&u32::try_from(jpeg.len()).map_err(std::io::Error::other)?.to_be_bytes());
                out.extend_from_slice(&jpeg);
            }
        }
        Err(refused) => out.extend_from_slice(format!("refused {}", refused.word()).as_bytes()),
    }
    std::io::stdout().lock().write_all(&out)
}

/// No more memory, no more time, no file and no socket beyond the three that are open, no process.
fn confine() -> std::io::Result<()> {
    let most = [
        (Resource::As, MEMORY),
        (Resource::Cpu, PROCESSOR_SECONDS),
        (Resource::Nofile, 3),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ];
    for (resource, most) in most {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_refusal_is_understood_and_anything_else_is_a_reader_that_died() {
        for refused in PdfError::ALL {
            assert_eq!(read(format!("refused {}", refused.word()).as_bytes()), Err(refused));
        }
        assert_eq!(read(b""), Err(PdfError::TooComplex));
        assert_eq!(read(b"pages "), Err(PdfError::TooComplex));
        assert_eq!(read(b"refused by somebody"), Err(PdfError::Damaged));
    }

    proptest! {
        #[test]
        fn what_the_process_writes_is_read_and_rubbish_does_no_harm(
            pages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..=5),
            rubbish in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            let mut answer = b"pages ".to_vec();
            for page in &pages {
                answer.extend_from_slice(&(page.len() as u32).to_be_bytes());
                answer.extend_from_slice(page);
            }
            prop_assert_eq!(read(&answer), Ok(pages));
            answer.pop();
            prop_assert!(read(&answer).is_err());
            let _ = read(&rubbish);
            let _ = read(&[b"pages ".as_slice(), &rubbish].concat());
        }
    }
}
