/// A user event of a connection: the client has closed its sending side in the middle of an answer and is considered gone.
///
/// Usually the end of the input does not mean that: the client may still wait for the answer (RFC 9112 §9.6). TCP can tell
/// the two apart only after something is sent to the client.
struct ClientLeft {}
