//! Bodies of requests, within the limits of size and time. They arrive before their requests take a place among those that are
//! worked on: clients that send slowly hold nobody up.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
};
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Limits, problem::Problem};

/// Time for a body to arrive.
const ARRIVAL: Duration = Duration::from_secs(60);

/// Seconds after which a refused request should come again.
pub(crate) const RETRY_AFTER: u32 = 1;

/// Bytes that one permit of [`Arriving`] stands for.
const UNIT: usize = 1 << 10;

/// Room for the bodies that have arrived or are arriving: as much as all places together may hold. A body takes room for what
/// is there of it.
pub(crate) struct Arriving(Arc<Semaphore>);

impl Arriving {
    pub(crate) fn new(limits: &Limits) -> Self {
        let bytes = limits.concurrency.saturating_mul(limits.body_bytes);
        let units = (bytes / UNIT).clamp(limits.concurrency, Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(units)))
    }

    fn take(&self, units: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let taken = self.0.clone().try_acquire_many_owned(units);
        taken.map_err(|_| Problem::busy(RETRY_AFTER))
    }

    /// The whole body, with its room.
    pub(crate) async fn receive(
        &self,
        headers: &HeaderMap,
        body: Body,
        limits: &Limits,
    ) -> Result<(Bytes, OwnedSemaphorePermit), Problem> {
        let arriving = tokio::time::timeout(ARRIVAL, self.body(headers, body, limits));
        arriving.await.unwrap_or_else(|_| {
            let late = "the body did not arrive in time";
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, late))
        })
    }

    async fn body(
        &self,
        headers: &HeaderMap,
        body: Body,
        limits: &Limits,
    ) -> Result<(Bytes, OwnedSemaphorePermit), Problem> {
        let told = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if told.is_some_and(|length| length > limits.body_bytes) {
            return Err(too_long(limits));
        }
        let mut room = self.take(1)?;
        let mut whole = Vec::new();
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece
                .map_err(|_| Problem::bad("the connection closed before the body was complete"))?;
            if whole.len() + piece.len() > limits.body_bytes {
                return Err(too_long(limits));
            }
            let units = (whole.len() + piece.len()) / UNIT + 1;
            if units > room.num_permits() {
                room.merge(self.take(units - room.num_permits())?);
            }
            whole.extend_from_slice(&piece);
        }
        Ok((whole.into(), room))
    }
}

pub(crate) fn too_long(limits: &Limits) -> Problem {
    Problem::too_large(format!(
        "the body is longer than {} bytes",
        limits.body_bytes
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            body_bytes: 4 * UNIT,
            concurrency: 2,
            ..Limits::default()
        }
    }

    #[tokio::test]
    async fn a_body_takes_room_for_what_is_there_of_it() {
        let limits = limits();
        let arriving = Arriving::new(&limits);
        let none = HeaderMap::new();
        let take = |bytes: usize| arriving.body(&none, Body::from(vec![0u8; bytes]), &limits);
        let (bytes, room) = take(3 * UNIT).await.unwrap();
        assert_eq!((bytes.len(), room.num_permits()), (3 * UNIT, 4));
        // Half of the room is left.
        let (_, other) = take(0).await.unwrap();
        assert!(take(4 * UNIT - 1).await.is_err());
        drop((room, other));
        assert!(take(4 * UNIT - 1).await.is_ok());
        let error = take(4 * UNIT + 1).await.err().unwrap();
        assert!(
            error.to_string().contains("longer than 4096 bytes"),
            "{error}"
        );
        // What a request says of its length is believed where it is too much.
        let length = (header::CONTENT_LENGTH, "4097".parse().unwrap());
        let headers = HeaderMap::from_iter([length]);
        let told = arriving.body(&headers, Body::empty(), &limits);
        assert!(told.await.is_err());
        // All of it is given back.
        assert_eq!(arriving.0.available_permits(), 8);
    }
}
