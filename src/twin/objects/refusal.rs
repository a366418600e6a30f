//! What S3 says when it refuses.

/// A refused request, with S3's code and status for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The credentials may not do this.
    #[error("Access Denied")]
    AccessDenied,
    /// There is no such bucket.
    #[error("The specified bucket does not exist")]
    NoSuchBucket,
    /// There is no such object.
    #[error("The specified key does not exist.")]
    NoSuchKey,
    /// There is no such version.
    #[error("The specified version does not exist.")]
    NoSuchVersion,
    /// There is no such upload, or no longer.
    #[error(
        "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been \
         aborted or completed."
    )]
    NoSuchUpload,
    /// The bucket is in another region.
    #[error("{}", wrong_region(bucket, signed, *redirects))]
    WrongRegion {
        /// The bucket's region.
        bucket: String,
        /// The region that the request was signed for.
        signed: String,
        /// Whether the endpoint redirects, because the request was signed for its own region.
        redirects: bool,
    },
    /// A digest does not match the bytes; holds its name.
    #[error("The {0} you specified did not match the calculated checksum.")]
    BadDigest(&'static str),
    /// The condition of the request does not hold.
    #[error("At least one of the pre-conditions you specified did not hold")]
    PreconditionFailed,
    /// A part named at completion is not there, or is another.
    #[error(
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified \
         entity tag or checksum may not match the part's. Part {0}"
    )]
    InvalidPart(u32),
    /// The parts named at completion are not in ascending order.
    #[error("The list of parts was not in ascending order. Parts must be ordered by part number.")]
    InvalidPartOrder,
    /// A part but the last is too small.
    #[error("Your proposed upload is smaller than the minimum allowed size")]
    EntityTooSmall,
    /// The request contradicts itself or an earlier one.
    #[error("{0}")]
    InvalidRequest(String),
    /// A parameter is out of its range.
    #[error("{0}")]
    InvalidArgument(&'static str),
}

impl Refusal {
    /// The code in the body of S3's answer.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDenied",
            Self::NoSuchBucket => "NoSuchBucket",
            Self::NoSuchKey => "NoSuchKey",
            Self::NoSuchVersion => "NoSuchVersion",
            Self::NoSuchUpload => "NoSuchUpload",
            Self::WrongRegion { redirects: true, .. } => "PermanentRedirect",
            Self::WrongRegion { redirects: false, .. } => "AuthorizationHeaderMalformed",
            Self::BadDigest(_) => "BadDigest",
            Self::PreconditionFailed => "PreconditionFailed",
            Self::InvalidPart(_) => "InvalidPart",
            Self::InvalidPartOrder => "InvalidPartOrder",
            Self::EntityTooSmall => "EntityTooSmall",
            Self::InvalidRequest(_) => "InvalidRequest",
            Self::InvalidArgument(_) => "InvalidArgument",
        }
    }

    /// The status of S3's answer.
    pub const fn status(&self) -> u16 {
        match self {
            Self::WrongRegion { redirects: true, .. } => 301,
            Self::AccessDenied => 403,
            Self::NoSuchBucket | Self::NoSuchKey | Self::NoSuchVersion | Self::NoSuchUpload => 404,
            Self::PreconditionFailed => 412,
            Self::WrongRegion { redirects: false, .. }
            | Self::BadDigest(_)
            | Self::InvalidPart(_)
            | Self::InvalidPartOrder
            | Self::EntityTooSmall
            | Self::InvalidRequest(_)
            | Self::InvalidArgument(_) => 400,
        }
    }

    /// The value of `x-amz-bucket-region`, where the answer has it.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::WrongRegion { bucket, .. } => Some(bucket),
            _ => None,
        }
    }
}

fn wrong_region(bucket: &str, signed: &str, redirects: bool) -> String {
    if redirects {
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all \
         future requests to this endpoint."
            .to_owned()
    } else {
        format!("The authorization header is malformed; the region '{signed}' is wrong; expecting '{bucket}'")
    }
}
