//! A body that ends before its announced length.

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The body was cut; ends the connection.
#[derive(Debug, thiserror::Error)]
#[error("the body is cut here")]
struct CutHere;

/// The first bytes of a body that announces all of them, then the end of the connection.
struct Cut {
    kept: Option<Bytes>,
    is_flushed: bool,
    announced: SizeHint,
}

/// The body with everything behind its first `keep` bytes cut away. A shorter body stays whole.
pub(super) async fn cut(body: Body, keep: usize) -> Body {
    let announced = HttpBody::size_hint(&body);
    if announced.exact().is_some_and(|length| length <= keep as u64) {
        return body;
    }
    let mut kept = Vec::new();
    let mut stream = body.into_data_stream();
    while kept.len() < keep {
        match futures_util::StreamExt::next(&mut stream).await {
            Some(Ok(piece)) => kept.extend_from_slice(&piece),
            Some(Err(_)) | None => break,
        }
    }
    kept.truncate(keep);
    Body::new(Cut { kept: Some(kept.into()).filter(|kept: &Bytes| !kept.is_empty()), is_flushed: false, announced })
}

impl HttpBody for Cut {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(kept) = self.kept.take() {
            return Poll::Ready(Some(Ok(Frame::data(kept))));
        }
        // The connection writes out what it has when the body has to be waited for; an error would discard it.
        if !self.is_flushed {
            self.is_flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(CutHere.into())))
    }

    fn size_hint(&self) -> SizeHint {
        self.announced
    }
}
