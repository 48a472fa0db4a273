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

/// <summary>What streams do when something they need is away, and with readers that are many or slow.</summary>
public sealed class StreamFaultTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Open = new(2024, 3, 4, 14, 30, 0, TimeSpan.Zero);
    private static readonly RedisChannel Channel = new(BarWriter.Channel, RedisChannel.PatternMode.Literal);
    private static int _symbols;

    private readonly string _symbol = $"FAULT{Interlocked.Increment(ref _symbols)}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_come_without_Redis_and_when_it_comes_and_goes()
    {
        var redis = await TestServers.OwnRedisAsync();
        var (port, text) = (redis.Port, redis.ConnectionString);
        await redis.DisposeAsync();

        // Away from the start.
        await using var server = await StreamServer.StartAsync(database.AppConnection, text, [("Wyckoff:Streams:PollAlone", "00:00:00.2")]);
        var ticker = await AddTickerAsync(database.Admin, _symbol);
        await using var client = await server.OpenAsync($"/v1/bars/{_symbol}/stream?timeframe=1m");
        await client.NextAsync("snapshot");
        await WriteAsync(server.Writer, ticker, 0);
        Assert.Equal(1, (await client.NextAsync("bars")).Version);

        // There.
        await using (await LocalRedis.StartAsync(new() { Port = port, Password = redis.Password }, Token))
        {
            await WriteAsync(server.Writer, ticker, 1);
            Assert.Equal(2, (await client.NextAsync("bars")).Version);
        }

        // Gone.
        await WriteAsync(server.Writer, ticker, 2);
        Assert.Equal(3, (await client.NextAsync("bars")).Version);
    }

    [Fact]
    public async Task What_Redis_says_comes_at_once()
    {
        await using var redis = await TestServers.OwnRedisAsync();
        // By looking alone, a change would take ten minutes.
        await using var server = await StreamServer.StartAsync(
            database.AppConnection,
            redis.ConnectionString,
            ("Wyckoff:Streams:PollAlone", "00:10:00"),
            ("Wyckoff:Streams:Poll", "00:10:00")
        );
        var ticker = await AddTickerAsync(database.Admin, _symbol);
        await using var client = await server.OpenAsync($"/v1/bars/{_symbol}/stream?timeframe=1m");
        await client.NextAsync("snapshot");
        await ToldByRedisAsync(server);
        for (var i = 0; i < 5; i++)
        {
            await WriteAsync(server.Writer, ticker, i);
            Assert.Equal(i + 1, (await client.NextAsync("bars")).Version);
        }

        // Nonsense on the channel, and versions that there are not.
        var publisher = server.Services.GetRequiredService<RedisConnection>().Current!.GetSubscriber();
        foreach (
            var nonsense in new[]
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
            await publisher.PublishAsync(Channel, nonsense);
        }

        await WriteAsync(server.Writer, ticker, 5);
        await WriteAsync(server.Writer, ticker, 6);
        var seen = await client.NextAsync("bars");
        Assert.Equal(7, seen.Version == 6 ? (await client.NextAsync("bars")).Version : seen.Version);
    }

    [Fact]
    public async Task What_Redis_does_not_say_comes_with_the_next_look()
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
        await ToldByRedisAsync(server);

        // A writer that says nothing: the messages are as good as lost.
        await WriteAsync(new BarWriter(database.App, new(database.App)), ticker, 0);
        Assert.Equal(1, (await client.NextAsync("bars")).Version);
    }

    [Fact]
    public async Task A_database_that_goes_and_comes_back_leaves_no_gap()
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

        // A server of a test does not wait for its disk; what it had said must outlive it all the same.
        await using (var checkpoint = admin.CreateCommand("CHECKPOINT"))
        {
            await checkpoint.ExecuteNonQueryAsync(Token);
        }

        using (var process = Process.GetProcessById(postgres.Pid))
        {
            process.Kill();
        }

        await postgres.DisposeAsync();
        var next = client.FindAsync();
        await client.AliveAsync(5);
        Assert.False(next.IsCompleted, "The stream ended, or said something.");

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
    public async Task A_reader_that_takes_nothing_is_dropped_and_holds_nobody_up()
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

        // As much as sockets hold is sent before anybody can know: some megabytes. Nobody else is held up by that.
        var (known, bytes) = (0L, 0L);
        for (var round = 0; ; round++)
        {
            Assert.True(bytes < 500L << 20, $"The slow reader is still there after {bytes >> 20} MB.");
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

            // There is room for two: a third is let in once the slow one is out.
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

        // Whoever reads again finds whole events, and the end.
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
            // Cut off, since it did not take the farewell in time either.
        }

        Assert.Contains("event: snapshot", text.ToString(), StringComparison.Ordinal);
        Assert.True(text.Length < bytes, "It was sent everything.");
    }

    [Fact]
    public async Task A_reader_that_takes_some_time_is_told_what_it_missed_at_once()
    {
        // Enough to fill what is kept for those who are a little behind: the events in between are not kept for anybody.
        await using var redis = await TestServers.OwnRedisAsync();
        // However long the writes take, this reader is not too slow.
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
    public async Task A_thousand_readers_see_the_last_version()
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
            // Shared by all: what was read does not depend on how many read it. Other tests of this process may read too.
            Assert.InRange(frames, 1, Writes * 5);
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    private static Task ToldByRedisAsync(StreamServer server)
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

    /// <summary>Reads a stream on a socket of its own, only for a mark that it waits for.</summary>
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

                // The mark may come in two pieces.
                kept = Math.Min(length, mark.Length - 1);
                buffer.AsSpan(length - kept, kept).CopyTo(buffer);
            }
        }
    }
}
