//! Our own acceptor: what poem's TCP listener lacks. No delay, a pause when descriptors run out, a cap on connections,
//! and time limits for requests that stall or trickle.

use poem::{
    http::uri::Scheme,
    listener::Acceptor,
    web::{LocalAddr, RemoteAddr},
};
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep},
};

/// Limits on connections.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The longest silence of a client that we wait for.
    pub stall: Duration,
    /// The longest time for one request to arrive whole.
    pub request: Duration,
}

/// Accepts connections under a cap.
pub struct Guarded {
    listener: TcpListener,
    slots: Arc<Semaphore>,
    patience: Patience,
}

impl Guarded {
    /// Guards a bound listener.
    pub fn new(listener: TcpListener, max_connections: usize, patience: Patience) -> Self {
        Self { listener, slots: Arc::new(Semaphore::new(max_connections)), patience }
    }
}

impl Acceptor for Guarded {
    type Io = Connection;

    fn local_addr(&self) -> Vec<LocalAddr> {
        self.listener.local_addr().ok().map(|address| LocalAddr(address.into())).into_iter().collect()
    }

    async fn accept(&mut self) -> io::Result<(Connection, LocalAddr, RemoteAddr, Scheme)> {
        loop {
            let slot = self.slots.clone().acquire_owned().await.map_err(io::Error::other)?;
            match self.listener.accept().await {
                Ok((stream, from)) => {
                    let local = LocalAddr(self.listener.local_addr()?.into());
                    // Without it small answers wait for the client's acknowledgement; nothing else depends on it.
                    let _ = stream.set_nodelay(true);
                    let connection = Connection::new(stream, slot, self.patience);
                    return Ok((connection, local, RemoteAddr(from.into()), Scheme::HTTP));
                }
                Err(error) => {
                    tracing::warn!(error.cause = %error, "accept");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
}

/// A connection with a timer: reading arms it, writing (an answer, an SSE keep-alive) starts it anew.
pub struct Connection {
    stream: TcpStream,
    _slot: OwnedSemaphorePermit,
    timer: Pin<Box<Sleep>>,
    patience: Patience,
    /// When the request now being read began.
    asked: Option<Instant>,
}

impl Connection {
    fn new(stream: TcpStream, slot: OwnedSemaphorePermit, patience: Patience) -> Self {
        let now = Instant::now();
        let timer = Box::pin(tokio::time::sleep_until(now + patience.stall));
        Self { stream, _slot: slot, timer, patience, asked: Some(now) }
    }

    fn rearm(&mut self) {
        let now = Instant::now();
        let stalled = now + self.patience.stall;
        let end = self.asked.map_or(stalled, |asked| Ord::min(stalled, asked + self.patience.request));
        self.timer.as_mut().reset(end);
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Ready(read) => {
                if self.asked.is_none() {
                    self.asked = Some(Instant::now());
                }
                self.rearm();
                Poll::Ready(read)
            }
            Poll::Pending => match self.timer.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => Poll::Pending,
            },
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.asked = None;
        self.rearm();
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.asked = None;
        self.rearm();
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
