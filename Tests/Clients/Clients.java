import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Authenticator;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;

/** Uses the server as programs do: java Clients.java URL LOG FIFO. See clients.py. It asks for an upgrade to HTTP/2. */
class Clients {
    static void check(String what, Object found, Object expected) {
        if (!found.equals(expected)) throw new AssertionError(what + ": " + found + ", not " + expected);
    }

    public static void main(String[] arguments) throws Exception {
        String url = arguments[0], log = arguments[1], fifo = arguments[2];
        HttpClient client = HttpClient.newBuilder().authenticator(new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication("alice", "open:sesame".toCharArray());
            }
        }).build();
        HttpRequest.Builder logRequest = HttpRequest.newBuilder(URI.create(url + log));
        for (int turn = 0; turn < 3; turn++) {
            HttpResponse<String> status =
                client.send(HttpRequest.newBuilder(URI.create(url + "status.json")).build(), BodyHandlers.ofString());
            check("status", status.statusCode(), 200);
            HttpResponse<String> head = client.send(
                logRequest.copy().method("HEAD", HttpRequest.BodyPublishers.noBody()).build(), BodyHandlers.ofString());
            check("HEAD", head.statusCode() + head.body(), "200");
        }
        HttpResponse<String> refused = client.send(
            HttpRequest.newBuilder(URI.create(url + "cancel-job.json"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("id=x")).build(),
            BodyHandlers.ofString());
        check("refusal", refused.statusCode(), 400);
        HttpResponse<String> part =
            client.send(logRequest.copy().header("Range", "bytes=2-3").build(), BodyHandlers.ofString());
        check("part", part.statusCode() + part.body(), "206gu");
        var body = client.send(logRequest.build(), BodyHandlers.ofInputStream()).body();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(body))) {
            check("first line", lines.readLine(), "begun");
            Files.writeString(Path.of(fifo), "go\n");
            check("last line", lines.readLine(), "ended");
            check("end", lines.readLine() == null, true);
        }
    }
}
