using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StackExchange.Redis;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.LocalServers;
using Wyckoff.Primitives;
using Wyckoff.Redis;

namespace Wyckoff.Tests.Api.Streams;

/// <summary>Tests of streams while Redis or the database is away, and with slow or very many clients.</summary>
public sealed class StreamFaultTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Open = new(2024, 3, 4, 14, 30, 0, TimeSpan.Zero);
    private static readonly RedisChannel Channel = new(BarWriter.Channel, RedisChannel.PatternMode.Literal);
    private static int _symbols;

    private readonly string _symbol = $"FAULT{Interlocked.Increment(ref _symbols)}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_are_sent_without_Redis_and_while_it_comes_and_goes()
    {
        var redis = await TestServers.OwnRedisAsync();
        var (port, text) = (redis.Port, redis.ConnectionString);
        await redis.DisposeAsync();

        // Redis is away at the start.
        await using var server = await StreamServer.StartAsync(database.AppConnection, text, [("Wyckoff:Streams:PollAlone", "00:00:00.2")]);
        var ticker = await AddTickerAsync(database.Admin, _symbol);
        await using var client = await server.OpenAsync($"/v1/bars/{_symbol}/stream?timeframe=1m");
        await client.NextAsync("snapshot");
        await WriteAsync(server.Writer, ticker, 0);
        Assert.Equal(1, (await client.NextAsync("bars")).Version);

        // Redis has started.
        await using (await LocalRedis.StartAsync(new() { Port = port, Password = redis.Password }, Token))
        {
            await WriteAsync(server.Writer, ticker, 1);
            Assert.Equal(2, (await client.NextAsync("bars")).Version);
        }

        // Redis has stopped.
        await WriteAsync(server.Writer, ticker, 2);
        Assert.Equal(3, (await client.NextAsync("bars")).Version);
    }

    [Fact]
    public async Task Changes_that_Redis_announces_are_sent_at_once()
    {
        await using var redis = await TestServers.OwnRedisAsync();
        // With polling alone, a change would take ten minutes.
        await using var server = await StreamServer.StartAsync(
            database.AppConnection,
            redis.ConnectionString,
            ("Wyckoff:Streams:PollAlone", "00:10:00"),
            ("Wyckoff:Streams:Poll", "00:10:00")
        );
        var ticker = await AddTickerAsync(database.Admin, _symbol);
        await using var client = await server.OpenAsync($"/v1/bars/{_symbol}/stream?timeframe=1m");
        await client.NextAsync("snapshot");
        await ListensToRedisAsync(server);
        for (var i = 0; i < 5; i++)
        {
            await WriteAsync(server.Writer, ticker, i);
            Assert.Equal(i + 1, (await client.NextAsync("bars")).Version);
        }

        // Invalid messages on the channel, and versions that do not exist.
        var publisher = server.Services.GetRequiredService<RedisConnection>().Current!.GetSubscriber();
        foreach (
            var message in new[]
            {
                "",
                ":",
                "1:1m",
                $"{ticker}:1m:x",
                $"{ticker}:7m:9",
                $"{ticker}:1m:99999999999999999999",
                $"{ticker}:1m:1000000",
                $"{ticker}:1m:1",
            }
        )
        {
            await publisher.PublishAsync(Channel, message);
        }

        await WriteAsync(server.Writer, ticker, 5);
        await WriteAsync(server.Writer, ticker, 6);
        var seen = await client.NextAsync("bars");
        Assert.Equal(7, seen.Version == 6 ? (await client.NextAsync("bars")).Version : seen.Version);
    }

    [Fact]
    public async Task Changes_that_Redis_does_not_announce_are_found_by_polling()
    {
        await using var redis = await TestServers.OwnRedisAsync();
        await using var server = await StreamServer.StartAsync(
            database.AppConnection,
            redis.ConnectionString,
            ("Wyckoff:Streams:PollAlone", "00:10:00"),
            ("Wyckoff:Streams:Poll", "00:00:00.2")
        );
        var ticker = await AddTickerAsync(database.Admin, _symbol);
        await using var client = await server.OpenAsync($"/v1/bars/{_symbol}/stream?timeframe=1m");
        await client.NextAsync("snapshot");
        await ListensToRedisAsync(server);

        // This writer does not announce its changes, as if the messages were lost.
        await WriteAsync(new BarWriter(database.App, new(database.App)), ticker, 0);
        Assert.Equal(1, (await client.NextAsync("bars")).Version);
    }

    [Fact]
    public async Task A_database_restart_leaves_no_gap_in_a_stream()
    {
        var postgres = await TestServers.Current.OwnPostgresAsync("streams");
        var port = postgres.Port;
        var own = new NpgsqlConnectionStringBuilder(postgres.ConnectionString("streams")) { IncludeErrorDetail = true }.ConnectionString;
        var (exitCode, _, error) = await Migrations.RunAsync(own, []);
        Assert.True(exitCode == 0, error);
        var app = new NpgsqlConnectionStringBuilder(own)
        {
            Username = "wyckoff_app",
            Password = TestServers.AppPassword,
            Pooling = false,
        }.ConnectionString;
        await using var source = NpgsqlDataSource.Create(app);
        await using var admin = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(own) { Pooling = false }.ConnectionString);
        await using var server = await StreamServer.StartAsync(
            app.Replace("Pooling=False", "", StringComparison.Ordinal),
            settings: [("Wyckoff:Streams:PollAlone", "00:00:00.2"), ("Wyckoff:Streams:Heartbeat", "00:00:00.2")]
        );
        var ticker = await AddTickerAsync(admin, _symbol);
        var writer = new BarWriter(source, new(source));
        await using var client = await server.OpenAsync($"/v1/bars/{_symbol}/stream?timeframe=1m");
        await client.NextAsync("snapshot");
        await WriteAsync(writer, ticker, 0);
        Assert.Equal(1, (await client.NextAsync("bars")).Version);

        // The test server does not sync commits to disk, so a checkpoint makes sure that they survive the kill.
        await using (var checkpoint = admin.CreateCommand("CHECKPOINT"))
        {
            await checkpoint.ExecuteNonQueryAsync(Token);
        }

        using (var process = Process.GetProcessById(postgres.Pid))
        {
            process.Kill();
        }

        await postgres.DisposeAsync();
        var next = client.ReadAsync();
        await client.HeartbeatsAsync(5);
        Assert.False(next.IsCompleted, "The stream ended, or sent an event.");

        await using var again = await TestServers.Current.OwnPostgresAsync("streams", port);
        await WriteAsync(writer, ticker, 1);
        await WriteAsync(writer, ticker, 2);
        var change = (await next)!;
        Assert.Equal("bars", change.Name);
        if (change.Version == 2)
        {
            change = await client.NextAsync("bars");
        }

        Assert.Equal(3, change.Version);
    }

    [Fact]
    public async Task A_client_that_reads_nothing_is_dropped_and_does_not_delay_others()
    {
        await using var redis = await TestServers.OwnRedisAsync();
        await using var server = await StreamServer.StartAsync(
            database.AppConnection,
            redis.ConnectionString,
            [("Wyckoff:Streams:Patience", "00:00:00.5"), ("Wyckoff:Streams:MaxReaders", "2"), ("Wyckoff:Streams:PollAlone", "00:00:00.2")]
        );
        var ticker = await AddTickerAsync(database.Admin, _symbol);
        using var slow = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await slow.ConnectAsync(IPAddress.Loopback, server.Url.Port, Token);
        await slow.SendAsync(
            Encoding.ASCII.GetBytes($"GET /v1/bars/{_symbol}/stream?timeframe=1m&last=0 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            Token
        );
        await using var quick = await server.OpenAsync($"/v1/bars/{_symbol}/stream?timeframe=1m&last=0");
        await quick.NextAsync("snapshot");

        // The socket buffers take some megabytes before the client counts as slow. Other clients are not delayed meanwhile.
        var (known, bytes) = (0L, 0L);
        for (var round = 0; ; round++)
        {
            Assert.True(bytes < 500L << 20, $"The slow client is still connected after {bytes >> 20} MB.");
            await server.Writer.WriteAsync(
                [new(ticker, Timeframe.Minute1, Bars(0, 450, round))],
                new()
                {
                    Source = "test",
                    Policy = ConflictPolicy.Replace,
                    RollUp = false,
                    Derive = false,
                },
                Token
            );
            while (known < round + 1)
            {
                var change = await quick.NextAsync("bars");
                (known, bytes) = (change.Version, bytes + change.Data.GetRawText().Length);
            }

            // The maximum is two streams: a third is admitted once the slow one is dropped.
            using var third = await server.Client.GetAsync(
                $"/v1/bars/{_symbol}/stream?timeframe=1m&last=0",
                HttpCompletionOption.ResponseHeadersRead,
                Token
            );
            if (third.IsSuccessStatusCode)
            {
                break;
            }
        }

        // When the slow client reads again, it finds the events sent so far, and the end of the stream.
        var text = new StringBuilder();
        var buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await slow.ReceiveAsync(buffer, Token)) > 0; )
            {
                text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // The connection was aborted, because the client did not read the dropped event in time either.
        }

        Assert.Contains("event: snapshot", text.ToString(), StringComparison.Ordinal);
        Assert.True(text.Length < bytes, "The slow client was sent everything.");
    }

    [Fact]
    public async Task A_client_that_is_behind_gets_the_missed_changes_in_one_event()
    {
        // The changes exceed the events that are kept for clients slightly behind, so the events in between are gone.
        await using var redis = await TestServers.OwnRedisAsync();
        // The patience is long, so that the client is not dropped however long the writes take.
        await using var server = await StreamServer.StartAsync(
            database.AppConnection,
            redis.ConnectionString,
            ("Wyckoff:Streams:PollAlone", "00:00:00.2"),
            ("Wyckoff:Streams:Patience", "00:10:00")
        );
        var ticker = await AddTickerAsync(database.Admin, _symbol);
        using var socket = new TcpClient { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(IPAddress.Loopback, server.Url.Port, Token);
        var stream = socket.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"GET /v1/bars/{_symbol}/stream?timeframe=1m&last=1000 HTTP/1.0\r\nHost: localhost\r\n\r\n"),
            Token
        );
        await using var quick = await server.OpenAsync($"/v1/bars/{_symbol}/stream?timeframe=1m&last=0");
        await quick.NextAsync("snapshot");
        const int Rounds = 150;
        for (var round = 0; round < Rounds; round++)
        {
            await server.Writer.WriteAsync(
                [new(ticker, Timeframe.Minute1, Bars(0, 450, round))],
                new()
                {
                    Source = "test",
                    Policy = ConflictPolicy.Replace,
                    RollUp = false,
                    Derive = false,
                },
                Token
            );
            await quick.NextAsync("bars");
        }

        using var lines = new StreamReader(stream, Encoding.ASCII);
        while (!string.IsNullOrEmpty(await lines.ReadLineAsync(Token))) { }

        var (known, events) = (new StreamedBars(), 0);
        var (name, data) = ("", "");
        while (known.Version(_symbol) < Rounds)
        {
            var line = await lines.ReadLineAsync(Token).AsTask().WaitAsync(Eventually.Bound, Token) ?? throw new EndOfStreamException();
            (name, data) = line.Split(": ", 2) switch
            {
                ["event", var value] => (value, data),
                ["data", var value] => (name, value),
                _ => (name, data),
            };
            if (line.Length == 0 && data.Length > 0)
            {
                known.Apply(new(name, null, System.Text.Json.JsonDocument.Parse(data).RootElement));
                (events, data) = (events + 1, "");
            }
        }

        Assert.InRange(events, 2, Rounds - 20);
        Assert.Equal(Bars(0, 450, Rounds - 1), known.Of(_symbol).Values);
    }

    [Fact]
    public async Task A_thousand_clients_get_the_last_version_from_shared_events()
    {
        const int Readers = 1000;
        const int Writes = 100;
        long frames = 0,
            reads = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name is "wyckoff.streams.frames" or "wyckoff.streams.reads")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(
            (instrument, value, _, _) => Interlocked.Add(ref instrument.Name == "wyckoff.streams.frames" ? ref frames : ref reads, value)
        );
        await using var server = await StreamServer.StartAsync(
            database.AppConnection,
            await TestServers.Current.RedisAsync(),
            ("Wyckoff:Streams:PollAlone", "00:00:00.2")
        );
        var ticker = await AddTickerAsync(database.Admin, _symbol);
        var readers = new List<RawReader>();
        try
        {
            for (var i = 0; i < Readers; i++)
            {
                readers.Add(await RawReader.ConnectAsync(server.Url.Port, $"/v1/bars/{_symbol}/stream?timeframe=1m", $"id: {Writes}\n"));
            }

            listener.Start();
            for (var i = 0; i < Writes; i++)
            {
                await server.Writer.WriteAsync(
                    [new(ticker, Timeframe.Minute1, Bars(i, 1, 0))],
                    new() { Source = "test", RollUp = false },
                    Token
                );
            }

            await Task.WhenAll(readers.Select(reader => reader.Seen)).WaitAsync(Eventually.Bound, Token);
            TestContext.Current.SendDiagnosticMessage($"{Readers} readers, {Writes} changes: {frames} events, {reads} reads");
            // Events are shared, so their number does not depend on the number of clients. Other tests of this process may add some.
            Assert.InRange(frames, 1, Writes * 5);
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    private static Task ListensToRedisAsync(StreamServer server)
    {
        var redis = server.Services.GetRequiredService<RedisConnection>();
        return Eventually.HoldsAsync(() => redis.Current?.GetSubscriber().IsConnected(Channel) == true);
    }

    private static IncomingBar[] Bars(int first, int count, int rise) =>
        [
            .. Enumerable
                .Range(first, count)
                .Select(minute => new IncomingBar(
                    IncomingBar.TimeOf(Open.AddMinutes(minute)),
                    (100 + rise) * IncomingBar.One,
                    (102 + rise) * IncomingBar.One,
                    99 * IncomingBar.One,
                    (101 + rise) * IncomingBar.One,
                    1000 * (Int128)IncomingBar.One
                )),
        ];

    private static Task WriteAsync(BarWriter writer, int ticker, int minute) =>
        writer.WriteAsync([new(ticker, Timeframe.Minute1, Bars(minute, 1, 0))], new() { Source = "test" }, Token);

    private static async Task<int> AddTickerAsync(NpgsqlDataSource source, string symbol)
    {
        await using var command = source.CreateCommand(
            $"INSERT INTO market.tickers (symbol, timezone) VALUES ('{symbol}', 'UTC') RETURNING id"
        );
        return (int)(await command.ExecuteScalarAsync(Token))!;
    }

    /// <summary>Reads a stream on a raw socket until a mark appears.</summary>
    private sealed class RawReader : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public Task Seen { get; private set; } = Task.CompletedTask;

        public static async Task<RawReader> ConnectAsync(int port, string path, string mark)
        {
            var reader = new RawReader();
            await reader._socket.ConnectAsync(IPAddress.Loopback, port, Token);
            await reader._socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"), Token);
            reader.Seen = reader.ReadAsync(Encoding.ASCII.GetBytes(mark));
            return reader;
        }

        public void Dispose() => _socket.Dispose();

        private async Task ReadAsync(byte[] mark)
        {
            var buffer = new byte[8192];
            var kept = 0;
            while (true)
            {
                var read = await _socket.ReceiveAsync(buffer.AsMemory(kept), Token);
                Assert.NotEqual(0, read);
                var length = kept + read;
                if (buffer.AsSpan(0, length).IndexOf(mark) >= 0)
                {
                    return;
                }

                // Keep the end of the data, because the mark may be split between two reads.
                kept = Math.Min(length, mark.Length - 1);
                buffer.AsSpan(length - kept, kept).CopyTo(buffer);
            }
        }
    }
}
