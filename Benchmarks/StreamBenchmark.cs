using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wyckoff.LocalServers;
using Wyckoff.MarketData;
using Wyckoff.Primitives;

namespace Wyckoff.Benchmarks;

/// <summary>
/// From the moment a writer knows that its change is committed to the arrival of the event at each of a thousand readers, each on a connection of its own; and from
/// before the write. The service is a process of its own; the writers, the readers, PostgreSQL and Redis share the machine with it.
/// </summary>
internal static class StreamBenchmark
{
    private const int Readers = 1000;
    private const int Symbols = 50;
    private const int PerSecond = 100;
    private const int Writers = 5;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    private static readonly (string Name, Func<int, string> Path, int Symbols, double? Bar)[] Sides =
    [
        ("one of 50 symbols each", reader => $"/v1/bars/{Symbol(reader % Symbols)}/stream?timeframe=1m&last=10", Symbols, 50),
        ("all the same symbol", _ => $"/v1/bars/{Symbol(0)}/stream?timeframe=1m&last=10", 1, null),
        ("all of 50 symbols each", _ => $"/v1/stream?symbols={string.Join(',', Enumerable.Range(0, Symbols).Select(Symbol))}&timeframe=1m&last=10", Symbols, null),
    ];

    public static async Task<Report> RunAsync(CancellationToken cancellationToken)
    {
        var home = Path.Combine("/var/tmp", string.Create(CultureInfo.InvariantCulture, $"wyckoff-streams-{Environment.ProcessId}"));
        Directory.CreateDirectory(home);
        try
        {
            await using var server = await IngestServer.StartAsync(Path.Combine(home, "postgres"), cancellationToken);
            Console.WriteLine(server.Description);
            await using var redis = await LocalRedis.StartAsync(new(), cancellationToken);
            var port = PortOwner.PickFree();
            var start = new ProcessStartInfo("dotnet", [IngestServer.Program("Api")]) { RedirectStandardOutput = true };
            start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
            start.Environment["ConnectionStrings__wyckoff"] = server.AppConnection;
            start.Environment["ConnectionStrings__cache"] = redis.ConnectionString;
            start.Environment["Wyckoff__Api__RateLimit__Enabled"] = "false";
            using var api = Process.Start(start)!;
            api.OutputDataReceived += (_, _) => { };
            api.BeginOutputReadLine();
            try
            {
                await using var source = NpgsqlDataSource.Create(server.AppConnection);
                await using var connection = new RedisConnection(new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:cache", redis.ConnectionString)]).Build(), NullLogger<RedisConnection>.Instance);
                await connection.StartAsync(cancellationToken);
                var tickers = new TickerDirectory(source);
                var writer = new BarWriter(source, tickers, connection);
                var ids = new List<int>();
                for (var i = 0; i < Symbols; i++)
                {
                    ids.Add((await tickers.GetOrAddAsync(Primitives.Symbol.Parse(Symbol(i)), cancellationToken, "UTC")).Id);
                }

                var report = new Report();
                foreach (var (name, path, symbols, bar) in Sides)
                {
                    await MeasureAsync(report, name, bar, writer, ids[..symbols], port, path, api, cancellationToken);
                }

                return report;
            }
            finally
            {
                api.Kill();
                await api.WaitForExitAsync(CancellationToken.None);
            }
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static string Symbol(int number) => string.Create(CultureInfo.InvariantCulture, $"B{number:000}");

    private static double Percentile(double[] ordered, double share) => ordered[(int)((ordered.Length - 1) * share)];

    private static async Task MeasureAsync(Report report, string name, double? bar, BarWriter writer, List<int> tickers, int port, Func<int, string> path, Process api, CancellationToken cancellationToken)
    {
        var writes = new ConcurrentDictionary<(int Symbol, long Version), (long Began, long Committed)>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var readers = Enumerable.Range(0, Readers).Select(i => new Reader(writes, path(i))).ToList();
        var reading = await Task.WhenAll(readers.ConvertAll(reader => reader.ConnectAsync(port, stop.Token)));
        await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        readers.ForEach(reader => reader.Clear());

        api.Refresh();
        var (processor, watch) = (api.TotalProcessorTime, Stopwatch.StartNew());
        var written = await Task.WhenAll(Enumerable.Range(0, Writers).Select(lane => Task.Run(() => WriteAsync(lane), cancellationToken)));
        var elapsed = watch.Elapsed;
        await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        api.Refresh();
        processor = api.TotalProcessorTime - processor;
        await stop.CancelAsync();
        await Task.WhenAll(reading);

        var delays = readers.SelectMany(reader => reader.Delays()).ToArray();
        var delivery = delays.Select(delay => delay.Delivery).Order().ToArray();
        var whole = delays.Select(delay => delay.Whole).Order().ToArray();
        report.Add($"{name}: written", written.Sum() / elapsed.TotalSeconds, "1/s");
        report.Add($"{name}: versions received, all readers together", delays.Length / elapsed.TotalSeconds, "1/s");
        report.Add($"{name}: events that brought them", readers.Sum(reader => reader.Events) / elapsed.TotalSeconds, "1/s");
        report.Add($"{name}: delivery p50", Percentile(delivery, 0.5), "ms");
        report.Add($"{name}: delivery p99", Percentile(delivery, 0.99), "ms", bar);
        report.Add($"{name}: slowest delivery", delivery[^1], "ms");
        report.Add($"{name}: with the write p50", Percentile(whole, 0.5), "ms");
        report.Add($"{name}: with the write p99", Percentile(whole, 0.99), "ms");
        report.Add($"{name}: processor of the service", processor / elapsed, "cores");
        report.Add($"{name}: memory of the service", api.WorkingSet64 / 1024.0 / 1024, "MB");

        async Task<int> WriteAsync(int lane)
        {
            var random = new Random(lane);
            var count = 0;
            for (; watch.Elapsed < Time; count++)
            {
                var due = TimeSpan.FromSeconds((count + (double)lane / Writers) * Writers / PerSecond);
                if (due > watch.Elapsed)
                {
                    await Task.Delay(due - watch.Elapsed, cancellationToken);
                }

                // Each its own symbols, as one writer has a ticker at a time anyway.
                var symbol = tickers.Count == 1 ? 0 : random.Next(tickers.Count / Writers) * Writers + lane;
                var price = (100 + random.Next(100_000)) * (IncomingBar.One / 100);
                var minute = new DateTimeOffset(2024, 3, 4, 14, 30, 0, TimeSpan.Zero).AddMinutes((int)(watch.Elapsed.TotalSeconds / 2));
                var bars = new[] { new IncomingBar(IncomingBar.TimeOf(minute), price, price, price, price, 100 * (Int128)IncomingBar.One, 12, price) };
                var began = Stopwatch.GetTimestamp();
                var result = await writer.WriteAsync([new(tickers[symbol], Timeframe.Minute1, bars)], new() { Source = "bench", Policy = ConflictPolicy.Replace, RollUp = false }, cancellationToken);
                var committed = Stopwatch.GetTimestamp();
                foreach (var change in result.Changes)
                {
                    writes[(symbol, change.Version)] = (began, committed);
                }
            }

            return count;
        }
    }

    private sealed class Reader(ConcurrentDictionary<(int Symbol, long Version), (long Began, long Committed)> writes, string path)
    {
        private readonly Dictionary<int, long> _versions = [];
        private readonly List<(int Symbol, long From, long To, long At)> _events = [];

        public int Events => _events.Count;

        /// <summary>In milliseconds, from before the write and from after it. An event may be there before its writer has heard of the commit.</summary>
        public IEnumerable<(double Whole, double Delivery)> Delays()
        {
            foreach (var (symbol, from, to, at) in _events)
            {
                for (var version = from + 1; version <= to; version++)
                {
                    if (writes.TryGetValue((symbol, version), out var write))
                    {
                        yield return (Stopwatch.GetElapsedTime(write.Began, at).TotalMilliseconds, Math.Max(0, Stopwatch.GetElapsedTime(write.Committed, at).TotalMilliseconds));
                    }
                }
            }
        }

        public void Clear() => _events.Clear();

        public async Task<Task> ConnectAsync(int port, CancellationToken cancellationToken)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            while (true)
            {
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                    break;
                }
                catch (SocketException)
                {
                    // It is still starting.
                    await Task.Delay(100, cancellationToken);
                }
            }

            await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"), cancellationToken);
            return ReadAsync(socket, cancellationToken);
        }

        private async Task ReadAsync(Socket socket, CancellationToken cancellationToken)
        {
            using var own = socket;
            var buffer = new byte[16 * 1024];
            var length = 0;
            try
            {
                while (await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var read)
                {
                    var at = Stopwatch.GetTimestamp();
                    length += read;
                    length -= Take(buffer.AsSpan(0, length), at);
                    if (length == buffer.Length)
                    {
                        Array.Resize(ref buffer, length * 2);
                    }
                }

                if (!cancellationToken.IsCancellationRequested)
                {
                    throw new IOException("A stream ended.");
                }
            }
            catch (OperationCanceledException)
            {
                // The end of the measurement.
            }
        }

        private int Take(Span<byte> text, long at)
        {
            var taken = 0;
            for (int end; (end = text[taken..].IndexOf((byte)'\n')) >= 0; taken += end + 1)
            {
                var line = text.Slice(taken, end);
                if (line.StartsWith("data: {\"symbol\":\"B"u8))
                {
                    Utf8Parser.TryParse(line["data: {\"symbol\":\"B"u8.Length..], out int symbol, out _);
                    Utf8Parser.TryParse(line[(line.IndexOf("\"version\":"u8) + "\"version\":"u8.Length)..], out long version, out _);
                    _events.Add((symbol, _versions.GetValueOrDefault(symbol), version, at));
                    _versions[symbol] = version;
                }
            }

            text[taken..].CopyTo(text);
            return taken;
        }
    }
}
