using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Wyckoff.Bars.Caching;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>A failed read. The status is 0 if there was no response.</summary>
internal readonly record struct Failure(long Began, long Ended, int Status, string Response);

/// <summary>
/// Runs readers that send requests to random replicas without pause, in all formats, until it is disposed. Each response must contain
/// exactly the bars of the version that it names.
/// </summary>
internal sealed class ReadLoad : IAsyncDisposable
{
    /// <summary>The response header with the version, which every format has.</summary>
    public const string VersionHeader = "Wyckoff-Version";

    /// <summary>How long a replica may use a cached version, in ticks of <see cref="Stopwatch"/>.</summary>
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

    /// <summary>Responses whose bars are not those of their version.</summary>
    public IReadOnlyCollection<string> Wrong => _wrong;

    /// <summary>The number of 304 responses.</summary>
    public int Unchanged => _unchanged;

    public string Summary =>
        $"{History.Count} answers ({Unchanged} of them 304) over {_bars.Acknowledged} versions; the slowest took "
        + $"{History.Answers.Max(answer => Stopwatch.GetElapsedTime(answer.Began, answer.Ended)).TotalSeconds:0.0} s";

    /// <summary>Waits for this number of further answers.</summary>
    public Task WaitForAnswersAsync(int more)
    {
        var from = History.Count;
        return Eventually.HoldsAsync(
            () => History.Count >= from + more,
            () => $"{History.Count - from} of {more} answers came. {_failures.LastOrDefault()} {_wrong.FirstOrDefault()}"
        );
    }

    /// <summary>Waits for 500 further answers and 50 further versions: neither the readers nor the writer are blocked.</summary>
    public async Task WaitForProgressAsync()
    {
        var written = _bars.Acknowledged + (long)(50 * FaultRig.Length);
        await WaitForAnswersAsync((int)(500 * FaultRig.Length));
        await Eventually.HoldsAsync(
            () => _bars.Acknowledged >= written,
            () => $"the writer is at version {_bars.Acknowledged}, not {written}"
        );
    }

    /// <summary>Waits for this number of answers to requests that began after this call and after the last failure.</summary>
    public Task WaitForRecoveryAsync(int answers)
    {
        var from = Stopwatch.GetTimestamp();
        return Eventually.HoldsAsync(
            () =>
            {
                var lastFailure = _failures.Select(failure => failure.Ended).Append(from).Max();
                return History.Answers.Count(answer => answer.Began > lastFailure) >= answers;
            },
            () => $"{_failures.Count(failure => failure.Ended > from)} requests failed, the last: {_failures.LastOrDefault()}"
        );
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _readers;
    }

    /// <summary>Stops the readers, and checks that no answer was wrong or too old and no version went backwards.</summary>
    public async Task StopAndCheckAsync()
    {
        await StopAsync();
        Assert.True(_wrong.IsEmpty, $"{_wrong.Count} answers were wrong: {string.Join('\n', _wrong.Take(5))}");
        var violations = History.Violations().ToList();
        Assert.True(violations.Count == 0, $"{violations.Count} answers were too old: {string.Join('\n', violations.Take(5))}");
    }

    /// <summary>Does the same as <see cref="StopAndCheckAsync"/>, and checks that no request failed.</summary>
    public async Task StopAndCheckAllAsync()
    {
        await StopAndCheckAsync();
        Assert.True(
            _failures.IsEmpty,
            $"{_failures.Count} requests failed, the first: {_failures.FirstOrDefault()}\n"
                + string.Join("\n\n", _replicas.Select(replica => replica.LogTail))
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
        // A cached response is also sent to other replicas than its own, which may not know its version yet.
        var cache = new Dictionary<string, (string Tag, long Version)>(StringComparer.Ordinal);
        while (!_stop.IsCancellationRequested)
        {
            var replica = random.Next(_clients.Count);
            var client = _clients[replica];
            // A few URLs repeat, so that readers share cached responses. The ranges by time are not cached.
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
            var oldest = _bars.AcknowledgedBy(began - MaxAge);
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, url);
                var isConditional = cache.TryGetValue(url, out var cached) && random.Next(2) == 0;
                if (isConditional)
                {
                    oldest = Math.Max(oldest, cached.Version);
                    request.Headers.TryAddWithoutValidation("If-None-Match", cached.Tag);
                }

                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, CancellationToken.None);
                var body = await response.Content.ReadAsByteArrayAsync(CancellationToken.None);
                var ended = Stopwatch.GetTimestamp();
                if (isConditional && response.StatusCode == HttpStatusCode.NotModified)
                {
                    Interlocked.Increment(ref _unchanged);
                    History.Add(
                        new(began, ended, oldest, cached.Version, replica, $"reader {reader}, unchanged {client.BaseAddress}{url}")
                    );
                }
                else if (response.StatusCode == HttpStatusCode.OK)
                {
                    var (version, bars) = Parse(response, body, form);
                    History.Add(new(began, ended, oldest, version, replica, $"reader {reader}, {client.BaseAddress}{url}"));
                    if (_bars.Mismatch(version, first, limit, bars) is { } mismatch)
                    {
                        _wrong.Enqueue($"{url}: {mismatch}");
                    }

                    if (response.Headers.ETag is { } tag)
                    {
                        cache[url] = (tag.ToString(), version);
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

        /// <summary>The endpoint of the newest bar. The same as <see cref="Rows"/> for more than one bar.</summary>
        Latest,
        Columns,
        Lines,
    }
}
