//! Where the body of an answer ends: by its length, its chunks, or with the connection.
//!
//! Called by [`super::talk`] with what has come. Pure: keeps where it stands between two
//! calls, never the data. Invariant: what does not belong to the body is left.

/// The extensions of all chunks and the trailer, in bytes: more of what nobody reads is a
/// broken body.
const MOST_BESIDE: u16 = 16 * 1024;

/// How the rest of a body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes are left of it.
    Length(u64),
    /// In chunks (RFC 9112 §7.1).
    Chunked(Chunks),
    /// It ends with the connection.
    UntilClose,
}

/// Where a body in chunks stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunks {
    at: At,
    /// Bytes of extensions and trailer so far.
    beside: u16,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// The first digit of a size.
    Size,
    /// Another one, or what ends it.
    SizeOrEnd(u64),
    /// The rest of the line after the size, which is ignored.
    Extension(u64),
    /// The line feed that ends the line of a size.
    SizeLineFeed(u64),
    /// So many bytes of data.
    Data(u64),
    /// The line's end after data.
    DataEnd,
    /// Its second byte.
    DataLineFeed,
    /// A line of the trailer; the last one is empty.
    Trailer,
    /// The rest of such a line, which is ignored.
    TrailerLine,
    /// The line feed that ends the empty one.
    TrailerLineFeed,
    /// Nothing: it has ended.
    End,
}

/// Whether a body has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// All of it was there.
    Yes,
    /// More is to come.
    No,
}

/// The receiver broke its own framing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

impl Body {
    /// None at all.
    pub(super) const fn empty() -> Self {
        Self::Length(0)
    }

    /// So long in bytes.
    pub(super) const fn of_length(length: u64) -> Self {
        Self::Length(length)
    }

    /// In chunks, from the first one on.
    pub(super) const fn chunked() -> Self {
        Self::Chunked(Chunks {
            at: At::Size,
            beside: 0,
        })
    }

    /// As long as the connection is open.
    pub(super) const fn until_close() -> Self {
        Self::UntilClose
    }

    /// Reads what belongs to the body off the front of `bytes` and shows its data to `data`.
    /// Returns what is left of `bytes`.
    pub(super) fn advance<'a>(
        &mut self,
        bytes: &'a [u8],
        mut data: impl FnMut(&[u8]),
    ) -> Result<(&'a [u8], Ended), Broken> {
        match self {
            Self::Length(left) => {
                let rest = take(left, bytes, &mut data);
                let ended = if *left == 0 { Ended::Yes } else { Ended::No };
                Ok((rest, ended))
            }
            Self::Chunked(chunks) => chunks.advance(bytes, &mut data),
            Self::UntilClose => {
                data(bytes);
                Ok((&[], Ended::No))
            }
        }
    }

    /// Whether a body that has come so far is whole if the connection ends now.
    pub(super) const fn ends_with_connection(&self) -> bool {
        matches!(self, Self::UntilClose)
    }
}

impl Chunks {
    fn advance<'a>(
        &mut self,
        mut bytes: &'a [u8],
        data: &mut impl FnMut(&[u8]),
    ) -> Result<(&'a [u8], Ended), Broken> {
        // Each turn takes a byte at least, or ends it.
        while self.at != At::End {
            if let At::Data(left) = &mut self.at {
                bytes = take(left, bytes, data);
                if *left == 0 {
                    self.at = At::DataEnd;
                }
            }
            let Some((byte, rest)) = bytes.split_first() else {
                return Ok((bytes, Ended::No));
            };
            self.at = self.step(*byte)?;
            bytes = rest;
        }
        Ok((bytes, Ended::Yes))
    }

    /// What comes after `byte`, which is none of the data.
    fn step(&mut self, byte: u8) -> Result<At, Broken> {
        match (self.at, byte) {
            (At::Size, _) => Ok(At::SizeOrEnd(digit(byte)?)),
            (At::SizeOrEnd(size), b'\r') => Ok(At::SizeLineFeed(size)),
            (At::SizeOrEnd(size), b';' | b' ' | b'\t') => self.ignore(At::Extension(size)),
            (At::SizeOrEnd(size), _) => {
                let more = size.checked_mul(16).ok_or(Broken)?;
                Ok(At::SizeOrEnd(more | digit(byte)?))
            }
            (At::Extension(size), b'\r') => Ok(At::SizeLineFeed(size)),
            // A line feed alone ends a line for some and not for others.
            (At::Extension(_), b'\n') => Err(Broken),
            (At::Extension(size), _) => self.ignore(At::Extension(size)),
            (At::SizeLineFeed(0), b'\n') => Ok(At::Trailer),
            (At::SizeLineFeed(size), b'\n') => Ok(At::Data(size)),
            (At::DataEnd, b'\r') => Ok(At::DataLineFeed),
            (At::DataLineFeed, b'\n') => Ok(At::Size),
            (At::Trailer, b'\r') => Ok(At::TrailerLineFeed),
            (At::Trailer, b'\n') => Err(Broken),
            (At::TrailerLine, b'\n') => self.ignore(At::Trailer),
            (At::Trailer | At::TrailerLine, _) => self.ignore(At::TrailerLine),
            (At::TrailerLineFeed, b'\n') => Ok(At::End),
            (
                At::SizeLineFeed(_)
                | At::DataEnd
                | At::DataLineFeed
                | At::TrailerLineFeed
                | At::Data(_)
                | At::End,
                _,
            ) => Err(Broken),
        }
    }

    fn ignore(&mut self, next: At) -> Result<At, Broken> {
        self.beside += 1;
        if self.beside > MOST_BESIDE {
            return Err(Broken);
        }
        Ok(next)
    }
}

/// Shows as much of `bytes` as is `left` to `data`; returns the rest.
fn take<'a>(left: &mut u64, bytes: &'a [u8], data: &mut impl FnMut(&[u8])) -> &'a [u8] {
    let count = usize::try_from(*left)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    let (own, rest) = bytes.split_at(count);
    if !own.is_empty() {
        data(own);
    }
    *left -= own.len() as u64;
    rest
}

fn digit(byte: u8) -> Result<u64, Broken> {
    char::from(byte).to_digit(16).map(u64::from).ok_or(Broken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The data, what is left, and whether it has ended, when `text` comes in these pieces.
    fn read(mut body: Body, pieces: &[&[u8]]) -> Result<(Vec<u8>, Vec<u8>, Ended), Broken> {
        let (mut data, mut left, mut ended) = (Vec::new(), Vec::new(), Ended::No);
        for piece in pieces {
            if ended == Ended::Yes {
                left.extend_from_slice(piece);
                continue;
            }
            let (rest, now) = body.advance(piece, |own| data.extend_from_slice(own))?;
            left.extend_from_slice(rest);
            ended = now;
        }
        Ok((data, left, ended))
    }

    #[test]
    fn a_length_ends_a_body_and_leaves_the_rest() {
        let read = |length, text: &[u8]| read(Body::of_length(length), &[text]).unwrap();
        assert_eq!(read(3, b"abcd"), (b"abc".into(), b"d".into(), Ended::Yes));
        assert_eq!(read(3, b"ab"), (b"ab".into(), b"".into(), Ended::No));
        assert_eq!(read(0, b""), (b"".into(), b"".into(), Ended::Yes));
    }

    #[test]
    fn a_body_without_length_ends_with_its_connection() {
        let (data, left, ended) = read(Body::until_close(), &[b"ab", b"cd"]).unwrap();
        assert_eq!((&*data, &*left, ended), (&b"abcd"[..], &b""[..], Ended::No));
        assert!(Body::until_close().ends_with_connection());
        assert!(!Body::chunked().ends_with_connection());
    }

    #[test]
    fn chunks_end_with_an_empty_one_and_its_trailer() {
        check(b"2\r\nab\r\n1;x=\"y\"\r\nc\r\n0\r\n\r\nrest");
        check(b"3 \r\nabc\r\n000\r\nx: y\r\nz: 1\r\n\r\nrest");
        check(b"0000000000000003\r\nabc\r\n0;a\r\n\r\nrest");

        #[track_caller]
        fn check(text: &[u8]) {
            let expected = (b"abc".to_vec(), b"rest".to_vec(), Ended::Yes);
            assert_eq!(read(Body::chunked(), &[text]), Ok(expected));
        }
    }

    #[test]
    fn broken_chunks_are_told() {
        for text in [
            &b"\r\n"[..],
            b"g\r\n",
            b"-1\r\n",
            b"2\nab",
            b"2;x\nab",
            b"2\r\nabc\r\n",
            b"2\r\nab0\r\n\r\n",
            b"2\r\nab\n",
            b"10000000000000000\r\n",
            b"0\r\n\n",
            b"0\r\n\rx",
        ] {
            assert_eq!(read(Body::chunked(), &[text]), Err(Broken), "{text:?}");
        }
        let beside = "x".repeat(usize::from(MOST_BESIDE));
        for long in [format!("1;{beside}"), format!("0\r\n{beside}\n")] {
            assert_eq!(read(Body::chunked(), &[long.as_bytes()]), Err(Broken));
        }
    }

    proptest! {
        #[test]
        fn wherever_a_body_is_cut_the_same_is_read(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..6),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let mut text = Vec::new();
            for chunk in &chunks {
                text.extend(format!("{:x};a=b\r\n", chunk.len()).bytes());
                text.extend(chunk);
                text.extend(b"\r\n");
            }
            text.extend(b"0\r\nx: y\r\n\r\nrest");
            let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len())).collect();
            ends.extend([0, text.len()]);
            ends.sort_unstable();
            let pieces: Vec<&[u8]> = ends.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect();
            let expected = (chunks.concat(), b"rest".to_vec(), Ended::Yes);
            prop_assert_eq!(read(Body::chunked(), &pieces), Ok(expected));
        }

        #[test]
        fn whatever_comes_is_read_without_a_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(Body::chunked(), &[&text]);
        }
    }
}
