using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Wyckoff.Bars.Caching;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>A question that was not answered, and what came instead.</summary>
internal readonly record struct Failure(long Began, long Ended, int Status, string Said);

/// <summary>
/// Readers that ask without pause, in turns of every replica and every way there is to ask, until it is disposed. Each answer is held against the model at once: it must
/// be exactly the state of the version it says it is.
/// </summary>
internal sealed class ReadLoad : IAsyncDisposable
{
    /// <summary>Where the version of an answer stands, whatever its body.</summary>
    public const string VersionHeader = "Wyckoff-Version";

    /// <summary>In timestamps: for how long a replica may go by a version that it has learnt.</summary>
    private static readonly long MaxAge = (long)(new CacheOptions().MaxVersionAge.TotalSeconds * Stopwatch.Frequency);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<ApiProcess> _replicas;
    private readonly List<HttpClient> _clients;
    private readonly NumberedBars _bars;
    private readonly Task _readers;
    private readonly ConcurrentQueue<Failure> _failures = new();
    private readonly ConcurrentQueue<string> _wrong = new();
    private int _unchanged;

    public ReadLoad(IEnumerable<ApiProcess> replicas, NumberedBars bars, int readers, int seed)
    {
        _replicas = [.. replicas];
        _bars = bars;
        _clients = [.. _replicas.Select(replica => new HttpClient { BaseAddress = replica.Address, Timeout = Eventually.Bound })];
        _readers = Task.WhenAll(Enumerable.Range(0, readers).Select(reader => Task.Run(() => ReadAsync(reader, new(seed + reader)))));
    }

    public ReadHistory History { get; } = new();

    public IReadOnlyCollection<Failure> Failures => _failures;

    /// <summary>Answers that were not the state of their version.</summary>
    public IReadOnlyCollection<string> Wrong => _wrong;

    /// <summary>How many were told that what they had was still right.</summary>
    public int Unchanged => _unchanged;

    /// <summary>Ends when so many more answers have come.</summary>
    public Task AnsweredAsync(int more)
    {
        var from = History.Count;
        return Eventually.HoldsAsync(
            () => History.Count >= from + more,
            () => $"{History.Count - from} of {more} answers came. {_failures.LastOrDefault()} {_wrong.FirstOrDefault()}"
        );
    }

    /// <summary>Ends when 500 more answers have come and 50 more versions are written: enough to show that nobody is held up.</summary>
    public async Task ProgressAsync()
    {
        var written = _bars.Acknowledged + (long)(50 * FaultRig.Length);
        await AnsweredAsync((int)(500 * FaultRig.Length));
        await Eventually.HoldsAsync(() => _bars.Acknowledged >= written, () => $"version {_bars.Acknowledged} of {written} is written");
    }

    /// <summary>Ends when so many questions were answered that were asked from now on and after the last failure.</summary>
    public Task RecoveredAsync(int answers)
    {
        var from = Stopwatch.GetTimestamp();
        return Eventually.HoldsAsync(
            () =>
            {
                var since = _failures.Select(failure => failure.Ended).Append(from).Max();
                return History.Answers.Count(answer => answer.Began > since) >= answers;
            },
            () => $"{_failures.Count(failure => failure.Ended > from)} questions were not answered, the last: {_failures.LastOrDefault()}"
        );
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _readers;
    }

    /// <summary>Ends the readers. Of what they saw everything was right, nothing too old, and time never went backwards.</summary>
    public async Task StopAndCheckAsync()
    {
        await StopAsync();
        Assert.True(_wrong.IsEmpty, $"{_wrong.Count} answers were wrong: {string.Join('\n', _wrong.Take(5))}");
        var violations = History.Violations().ToList();
        Assert.True(violations.Count == 0, $"Time went backwards {violations.Count} times: {string.Join('\n', violations.Take(5))}");
    }

    /// <summary>The same, and every question was answered.</summary>
    public async Task StopAndCheckAllAsync()
    {
        await StopAndCheckAsync();
        Assert.True(
            _failures.IsEmpty,
            $"{_failures.Count} questions were not answered, the first: {_failures.FirstOrDefault()}\n{string.Join("\n\n", _replicas.Select(replica => replica.Said))}"
        );
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _clients.ForEach(client => client.Dispose());
        _stop.Dispose();
    }

    private async Task ReadAsync(int reader, Random random)
    {
        // Whichever replica it is from: another may not have heard of it yet.
        var kept = new Dictionary<string, (string Tag, long Version)>(StringComparer.Ordinal);
        while (!_stop.IsCancellationRequested)
        {
            var replica = random.Next(_clients.Count);
            var client = _clients[replica];
            // Few questions, asked again and again, so that they meet in the caches; some go past those.
            var (first, limit) = random.Next(7) switch
            {
                0 => (-1, 7),
                1 => (-1, 500),
                2 => (400 + (10 * random.Next(20)), 60),
                3 => (-1, 1),
                _ => (-1, 50),
            };
            var form = (Form)random.Next(4);
            var url = Url(first, limit, form);
            var began = Stopwatch.GetTimestamp();
            var due = _bars.AcknowledgedBy(began - MaxAge);
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, url);
                var known = kept.TryGetValue(url, out var copy) && random.Next(2) == 0;
                if (known)
                {
                    due = Math.Max(due, copy.Version);
                    request.Headers.TryAddWithoutValidation("If-None-Match", copy.Tag);
                }

                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, CancellationToken.None);
                var body = await response.Content.ReadAsByteArrayAsync(CancellationToken.None);
                var ended = Stopwatch.GetTimestamp();
                if (known && response.StatusCode == HttpStatusCode.NotModified)
                {
                    Interlocked.Increment(ref _unchanged);
                    History.Add(new(began, ended, due, copy.Version, replica, $"reader {reader}, unchanged {client.BaseAddress}{url}"));
                }
                else if (response.StatusCode == HttpStatusCode.OK)
                {
                    var (version, bars) = Parse(response, body, form);
                    History.Add(new(began, ended, due, version, replica, $"reader {reader}, {client.BaseAddress}{url}"));
                    if (_bars.Fault(version, first, limit, bars) is { } fault)
                    {
                        _wrong.Enqueue($"{url}: {fault}");
                    }

                    if (response.Headers.ETag is { } tag)
                    {
                        kept[url] = (tag.ToString(), version);
                    }
                }
                else
                {
                    _failures.Enqueue(
                        new(
                            began,
                            ended,
                            (int)response.StatusCode,
                            $"{response.Content.Headers.ContentType?.MediaType} {Encoding.UTF8.GetString(body)}"
                        )
                    );
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                _failures.Enqueue(new(began, Stopwatch.GetTimestamp(), 0, e.ToString()));
            }
        }
    }

    private string Url(int first, int limit, Form form)
    {
        var query =
            first < 0
                ? string.Create(CultureInfo.InvariantCulture, $"last={limit}")
                : string.Create(CultureInfo.InvariantCulture, $"from={_bars.TimeOf(first):yyyy-MM-ddTHH:mm:ssZ}&limit={limit}");
        return (limit, form) switch
        {
            (1, Form.Latest) => $"/v1/bars/{_bars.Symbol}/latest?timeframe=1m",
            (_, Form.Columns) => $"/v1/bars/{_bars.Symbol}?timeframe=1m&{query}&layout=columns",
            (_, Form.Lines) => $"/v1/bars/{_bars.Symbol}?timeframe=1m&{query}&format=ndjson",
            _ => $"/v1/bars/{_bars.Symbol}?timeframe=1m&{query}",
        };
    }

    private static (long Version, IReadOnlyList<NumberedBar> Bars) Parse(HttpResponseMessage response, byte[] body, Form form)
    {
        if (form == Form.Lines)
        {
            var version = long.Parse(response.Headers.GetValues(VersionHeader).Single(), CultureInfo.InvariantCulture);
            return (
                version,
                [
                    .. Encoding
                        .UTF8.GetString(body)
                        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                        .Select(line => Bar(JsonSerializer.Deserialize<JsonElement>(line).GetProperty)),
                ]
            );
        }

        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        return (
            root.GetProperty("version").GetInt64(),
            root.TryGetProperty("bar", out var one) ? [Bar(one.GetProperty)]
            : form == Form.Columns
                ?
                [
                    .. Enumerable
                        .Range(0, root.GetProperty("timestamp").GetArrayLength())
                        .Select(i => Bar(name => root.GetProperty(name)[i])),
                ]
            : [.. root.GetProperty("bars").EnumerateArray().Select(bar => Bar(bar.GetProperty))]
        );
    }

    private static NumberedBar Bar(Func<string, JsonElement> field) =>
        new(
            field("timestamp").GetDateTimeOffset(),
            field("open").GetDecimal(),
            field("high").GetDecimal(),
            field("low").GetDecimal(),
            field("close").GetDecimal(),
            field("volume").GetDecimal()
        );

    private enum Form
    {
        Rows,

        /// <summary>The newest bar by its own address; of more than one bar the same as rows.</summary>
        Latest,
        Columns,
        Lines,
    }
}
