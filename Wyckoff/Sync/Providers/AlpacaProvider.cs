using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Wyckoff.Primitives;

namespace Wyckoff.Sync.Providers;

/// <summary>Fetches stock bars from Alpaca's market data API, version 2.</summary>
public sealed class AlpacaProvider : IBarProvider
{
    public const string ProviderName = "alpaca";

    /// <summary>
    /// A long range is requested in parts of this many full pages, so that no request spans decades of minutes. Parts without bars cost one
    /// request.
    /// </summary>
    private const int PagesPerRequest = 100;

    // Alpaca's daily bars start at midnight of this zone, whatever the time zone of the ticker is.
    private static readonly TimeZoneInfo Exchange = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

    private readonly AlpacaOptions _options;
    private readonly ProviderHttp _http;
    private readonly TimeProvider _time;

    public AlpacaProvider(
        AlpacaOptions options,
        HttpClient client,
        RequestLimiter limiter,
        TimeProvider time,
        Random random,
        ILogger<AlpacaProvider> logger
    ) => (_options, _time, _http) = (options, time, new(ProviderName, client, limiter, options.Retry, time, random, logger));

    public string Name => ProviderName;

    public IReadOnlyList<Timeframe> Timeframes => Timeframe.Stored;

    public async IAsyncEnumerable<ProviderPage> FetchAsync(
        Symbol symbol,
        Timeframe timeframe,
        TimeRange range,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (_options.Delay > TimeSpan.Zero)
        {
            // A bar is available when the delay has passed after its close.
            var last = _time.GetUtcNow() - _options.Delay - timeframe.Width;
            if (last < range.Start)
            {
                yield break;
            }

            range = new(range.Start, last + timeframe.Width < range.End ? last + timeframe.Width : range.End);
        }

        var span = timeframe.Width * ((long)_options.PageSize * PagesPerRequest);
        for (var start = range.Start; start < range.End; start += span)
        {
            var part = new TimeRange(start, range.End - start > span ? start + span : range.End);
            await foreach (var page in PagesAsync(symbol, timeframe, part, cancellationToken))
            {
                yield return page;
            }
        }
    }

    private async IAsyncEnumerable<ProviderPage> PagesAsync(
        Symbol symbol,
        Timeframe timeframe,
        TimeRange range,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var (complete, newest, ordered) = (range.Start, DateTimeOffset.MinValue, true);
        string? token = null;
        do
        {
            var request = Request(symbol, timeframe, range, token);
            var answer = await _http.GetAsync(
                () => Message(request),
                body => AlpacaBars.Read(body, timeframe.IsDaily ? Exchange : null),
                cancellationToken
            );
            var (bars, faults, next) = answer.Value;
            // Bars were requested oldest first. If they come out of order, older ones may follow, so nothing is complete before the last
            // page.
            ordered = ordered && bars.TrueForAll(bar => Follows(bar.Timestamp, ref newest));
            complete = ordered && range.Contains(newest) ? newest + timeframe.Width : complete;

            // A repeated page token, or one without bars, could lead to an endless loop.
            if (next is not null && (next == token || bars.Count + faults.Count == 0))
            {
                throw new ProviderException(
                    $"{Name}: an answer that leads nowhere: next_page_token '{next}' {(next == token ? "again" : "without a bar")}."
                );
            }

            token = next;
            yield return new()
            {
                Bars = bars,
                Faults = faults,
                CompleteUntil = token is null ? range.End : complete,
                Request = request,
                ContentType = answer.ContentType,
                Payload = answer.Body,
            };
        } while (token is not null);
    }

    private static bool Follows(DateTimeOffset timestamp, ref DateTimeOffset newest)
    {
        var follows = timestamp >= newest;
        newest = timestamp;
        return follows;
    }

    private string Request(Symbol symbol, Timeframe timeframe, TimeRange range, string? token)
    {
        var name = timeframe.Width switch
        {
            { TotalDays: >= 1 } => "1Day",
            { TotalHours: >= 1 } hours => string.Create(CultureInfo.InvariantCulture, $"{(int)hours.TotalHours}Hour"),
            { } minutes => string.Create(CultureInfo.InvariantCulture, $"{(int)minutes.TotalMinutes}Min"),
        };
        // The API includes both ends, so the end is moved one second back.
        var (start, end) = (range.Start, range.End - TimeSpan.FromSeconds(1));
        if (timeframe.IsDaily)
        {
            (start, end) = (Midnight(range.Start), Midnight(range.End) - TimeSpan.FromSeconds(1));
        }

        return string.Create(
                CultureInfo.InvariantCulture,
                $"/v2/stocks/{Uri.EscapeDataString(symbol.Value)}/bars?timeframe={name}"
                    + $"&start={start:yyyy-MM-ddTHH:mm:ssZ}&end={end:yyyy-MM-ddTHH:mm:ssZ}&limit={_options.PageSize}"
                    + $"&adjustment={_options.Adjustment}&feed={_options.Feed}&sort=asc"
            ) + (token is null ? "" : "&page_token=" + Uri.EscapeDataString(token));
    }

    private static DateTimeOffset Midnight(DateTimeOffset date)
    {
        var local = date.UtcDateTime.Date;
        return new DateTimeOffset(
            DateTime.SpecifyKind(local, DateTimeKind.Unspecified),
            Exchange.GetUtcOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified))
        ).ToUniversalTime();
    }

    private HttpRequestMessage Message(string request)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, new Uri(_options.Url, request));
        message.Headers.TryAddWithoutValidation("APCA-API-KEY-ID", _options.KeyId);
        message.Headers.TryAddWithoutValidation("APCA-API-SECRET-KEY", _options.SecretKey);
        return message;
    }
}
