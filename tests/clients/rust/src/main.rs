use aws_sdk_gamelift::{Client, Config, config::{BehaviorVersion, Credentials, Region}};
fn main() {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let c = Config::builder().behavior_version(BehaviorVersion::latest()).endpoint_url("http://127.0.0.1:1").region(Region::new("us-east-1")).http_client(http).credentials_provider(Credentials::new("a","b",None,None,"static")).build();
    let _ = Client::from_conf(c);
}
