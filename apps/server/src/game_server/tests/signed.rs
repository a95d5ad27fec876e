//! Connections that sign instead of showing a token.

use super::*;

const SECRET: &str = "0123456789012345678901234567890123456789";

/// Signed as an SDK does it, now.
fn signed_query() -> String {
    let seconds = crate::realm::clock::wall().0 / 1000;
    let (stamp, signature) = matchwright_game_server::auth::sign(&key(), "us-east-1", SECRET, seconds);
    let credential = format!("AKID/{}/us-east-1/gamelift/aws4_request", &stamp[..8]);
    let ids = "ComputeId=c-1&FleetId=fleet-1&pID=p-1";
    format!(
        "{ids}&Authorization=SigV4&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={stamp}&X-Amz-Signature={signature}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signed_gets_a_token_while_its_signature_is_young() {
    let house = House::open(|_, settings| settings.token_life = Duration::from_millis(400)).await;
    let mut client = house.try_connect(&format!("/game-server?{}", signed_query())).await.unwrap();
    assert_eq!(hear(&mut client).await["AuthToken"], "tok-2");
    let (token, signature) = (Some("tok-1".to_string()), None);
    let life = Duration::from_secs(3 * 3600);
    assert_eq!(super::super::socket::Origin::new(String::new(), token).token_age(life), life / 8);
    // Twice that, at the most, when it is one of many.
    let age = super::super::socket::Origin::new(String::new(), signature).token_age(life);
    assert!(age * 2 < matchwright_game_server::auth::CLOCK_SKEW, "{age:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_connections_are_verified_against_the_configured_keys() {
    let (signed, keyed) = (signed_query(), |policy: Option<&str>| {
        let mut keys = matchwright_gamelift::auth::Keyring::default();
        keys.add("AKID", SECRET, policy).unwrap();
        let secrets = [("AKID".to_string(), SECRET.to_string())].into();
        Gate { keys, secrets, is_strict_region: true }
    });
    let denied = r#"{"Statement":[{"Effect":"Allow","Action":"gamelift:*","Resource":"*"}]}"#;
    for (gate, query, expected) in [
        (keyed(None), signed.clone(), 101),
        (keyed(None), signed.replace("pID=p-1", "pID=p-2"), 403),
        (keyed(None), signed.replace("AKID", "OTHER"), 403),
        (keyed(Some(denied)), signed.clone(), 403),
        (Gate::default(), signed.replace("pID=p-1", "pID=p-2"), 101),
    ] {
        let (realm, asked) = Realm::scripted(Arc::new(NoEvents));
        std::thread::spawn(move || play(asked, &Mutex::default()));
        let (pushes, told) = mpsc::unbounded_channel();
        let house = House::around(realm, pushes, told, gate, |_, _| ()).await;
        let found = match house.try_connect(&format!("/game-server?{query}")).await {
            Ok(_) => 101,
            Err(Error::Http(response)) => response.status().as_u16(),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found, expected, "{query}");
    }
}
