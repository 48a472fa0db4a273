using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Wyckoff.Tests.Live;

/// <summary>
/// A server of Alpaca's market-data protocol on a real socket. The test decides each message, and can write raw bytes to the connection.
/// </summary>
internal sealed class AlpacaServer : IAsyncDisposable
{
    public const string Key = "AK-test";
    public const string Secret = "s3cr3t";

    private readonly Channel<Session> _sessions = Channel.CreateUnbounded<Session>();
    private readonly WebApplication _app;

    private AlpacaServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First().Replace("http://", "ws://", StringComparison.Ordinal) + "/v2/test");

    /// <summary>The number of connections that the test has not accepted yet.</summary>
    public int Waiting => _sessions.Reader.Count;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<AlpacaServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new AlpacaServer(builder.Build());
        server._app.Run(server.ServeAsync);
        await server._app.StartAsync(Token);
        return server;
    }

    /// <summary>Waits for the next connection.</summary>
    public async Task<Session> AcceptAsync() => await _sessions.Reader.ReadAsync(Token);

    /// <summary>Waits for the next connection, authenticates it and confirms its first subscription request.</summary>
    public async Task<Session> AcceptSubscribedAsync()
    {
        var session = await AcceptAsync();
        await session.WelcomeAsync();
        await session.ConfirmAsync();
        return session;
    }

    public async ValueTask DisposeAsync()
    {
        // Open connections must not delay the stop, and their exceptions must not hide the failure of a test.
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        var accept = Convert.ToBase64String(
            SHA1.HashData(Encoding.ASCII.GetBytes(context.Request.Headers.SecWebSocketKey + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
        );
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.Connection = "Upgrade";
        context.Response.Headers.SecWebSocketAccept = accept;
        await using var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        using var socket = WebSocket.CreateFromStream(
            stream,
            isServer: true,
            subProtocol: null,
            keepAliveInterval: Timeout.InfiniteTimeSpan
        );
        // Not with the request's token: it is cancelled when the client disconnects, and the client's last messages are still to be read.
        var session = new Session(stream, socket, _app.Lifetime.ApplicationStopping);
        await _sessions.Writer.WriteAsync(session, Token);
        await session.Ended;
        // Only here is the context certain to be alive: elsewhere the client may already have ended the request.
        context.Abort();
    }

    internal sealed class Session
    {
        private readonly Stream _stream;
        private readonly WebSocket _socket;
        private readonly Dictionary<string, SortedSet<string>> _channels = new[]
        {
            "trades",
            "quotes",
            "bars",
            "updatedBars",
            "dailyBars",
        }.ToDictionary(channel => channel, _ => new SortedSet<string>(StringComparer.Ordinal), StringComparer.Ordinal);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Session(Stream stream, WebSocket socket, CancellationToken stopping)
        {
            (_stream, _socket) = (stream, socket);
            stopping.Register(() => _ended.TrySetResult());
        }

        public Task Ended => _ended.Task;

        /// <summary>The subscribed symbols per channel: bars|updatedBars|dailyBars|trades.</summary>
        public string Channels =>
            string.Join(
                '|',
                new[] { "bars", "updatedBars", "dailyBars", "trades" }.Select(channel => string.Join(',', _channels[channel]))
            );

        public async Task WelcomeAsync()
        {
            await SendAsync("""[{"T":"success","msg":"connected"}]""");
            var auth = await ReceiveAsync();
            Assert.Equal("auth", auth.GetProperty("action").GetString());
            Assert.Equal((Key, Secret), (auth.GetProperty("key").GetString(), auth.GetProperty("secret").GetString()));
            await SendAsync("""[{"T":"success","msg":"authenticated"}]""");
        }

        /// <summary>Receives the next subscription request, applies it and answers with all subscriptions.</summary>
        public async Task<JsonElement> ConfirmAsync()
        {
            var change = await ReceiveAsync();
            var adds = change.GetProperty("action").GetString() == "subscribe";
            Assert.True(adds || change.GetProperty("action").GetString() == "unsubscribe");
            foreach (var channel in change.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Array))
            {
                foreach (var symbol in channel.Value.EnumerateArray().Select(symbol => symbol.GetString()!))
                {
                    _ = adds ? _channels[channel.Name].Add(symbol) : _channels[channel.Name].Remove(symbol);
                }
            }

            var channels = string.Join(',', _channels.Select(channel => $"\"{channel.Key}\":{JsonSerializer.Serialize(channel.Value)}"));
            await SendAsync($$"""[{"T":"subscription",{{channels}},"corrections":[],"cancelErrors":[]}]""");
            return change;
        }

        public Task SendAsync(string message) => _socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, Token);

        /// <summary>Sends one message in frames of <paramref name="size"/> bytes.</summary>
        public async Task SendSplitAsync(string message, int size)
        {
            var bytes = Encoding.UTF8.GetBytes(message);
            for (var start = 0; start < bytes.Length; start += size)
            {
                var end = Math.Min(start + size, bytes.Length);
                await _socket.SendAsync(bytes.AsMemory(start..end), WebSocketMessageType.Text, end == bytes.Length, Token);
            }
        }

        /// <summary>Sends the first half of a frame, then aborts the connection.</summary>
        public async Task CutAsync(string message)
        {
            var payload = Encoding.UTF8.GetBytes(message);
            var frame = new byte[4 + (payload.Length / 2)];
            (frame[0], frame[1]) = (0x81, 126);
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
            payload.AsSpan(0, payload.Length / 2).CopyTo(frame.AsSpan(4));
            await _stream.WriteAsync(frame, Token);
            await _stream.FlushAsync(Token);
            End();
        }

        /// <summary>Sends a ping and returns the payload of the pong.</summary>
        public async Task<string> PingAsync(string payload)
        {
            await _stream.WriteAsync((byte[])[0x89, (byte)payload.Length, .. Encoding.ASCII.GetBytes(payload)], Token);
            await _stream.FlushAsync(Token);
            var pong = new byte[6 + payload.Length];
            await _stream.ReadExactlyAsync(pong, Token);
            Assert.Equal((0x8A, 0x80 | payload.Length), (pong[0], pong[1]));
            return Encoding.ASCII.GetString([.. pong[6..].Select((b, i) => (byte)(b ^ pong[2 + (i % 4)]))]);
        }

        /// <summary>Waits until the client closes the connection with a close frame.</summary>
        public async Task ClosedAsync()
        {
            var received = await _socket.ReceiveAsync(new byte[1024].AsMemory(), Token);
            while (received.MessageType != WebSocketMessageType.Close)
            {
                received = await _socket.ReceiveAsync(new byte[1024].AsMemory(), Token);
            }

            End();
        }

        public void End() => _ended.TrySetResult();

        /// <summary>Receives the client's next message.</summary>
        public async Task<JsonElement> ReceiveAsync()
        {
            var buffer = new byte[256 * 1024];
            var length = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                received = await _socket.ReceiveAsync(buffer.AsMemory(length), Token);
                length += received.Count;
            } while (!received.EndOfMessage);
            Assert.Equal(WebSocketMessageType.Text, received.MessageType);
            return JsonElement.Parse(buffer.AsSpan(0, length));
        }
    }
}
