//! The credential that a signature of version 4 names, read without verifying anything.

use http::header::AUTHORIZATION;
use http::request::Parts;

/// `Credential=KEY/DATE/REGION/SERVICE/aws4_request` of an Authorization header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credential<'a> {
    pub access_key_id: &'a str,
    pub region: &'a str,
}

impl<'a> Credential<'a> {
    pub fn of(head: &'a Parts) -> Option<Self> {
        let authorization = head.headers.get(AUTHORIZATION)?.to_str().ok()?;
        let fields = authorization.strip_prefix("AWS4-HMAC-SHA256")?.split([',', ' ']);
        let scope = fields.filter_map(|field| field.strip_prefix("Credential=")).next()?;
        // A key id may hold slashes; the four parts behind it cannot.
        let mut parts = scope.rsplitn(5, '/').skip(2);
        let (region, _date, access_key_id) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { access_key_id, region })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_and_region_are_read_from_the_scope() {
        let of = |value: &str| {
            let request = http::Request::builder().header("authorization", value).body(()).unwrap();
            let head = request.into_parts().0;
            Credential::of(&head).map(|found| (found.access_key_id.to_string(), found.region.to_string()))
        };
        let signed = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/gamelift/aws4_request, SignedHeaders=host, Signature=00";
        assert_eq!(of(signed), Some(("AKID".to_string(), "eu-west-1".to_string())));
        assert_eq!(of("Bearer x"), None);
        assert_eq!(of("AWS4-HMAC-SHA256 Credential=AKID"), None);
    }
}
