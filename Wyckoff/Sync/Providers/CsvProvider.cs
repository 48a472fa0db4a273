using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Wyckoff.Bars;
using Wyckoff.Imports.Delimited;
using Wyckoff.Primitives;

namespace Wyckoff.Sync.Providers;

/// <summary>Fetches daily bars as CSV over HTTP (<c>Date,Open,High,Low,Close,Volume</c>), with one request per range.</summary>
public sealed partial class CsvProvider : IBarProvider
{
    private readonly CsvOptions _options;
    private readonly ProviderHttp _http;

    public CsvProvider(
        CsvOptions options,
        HttpClient client,
        RequestLimiter limiter,
        TimeProvider time,
        Random random,
        ILogger<CsvProvider> logger
    ) => (_options, _http) = (options, new(options.Name, client, limiter, options.Retry, time, random, logger));

    public string Name => _options.Name;

    public IReadOnlyList<Timeframe> Timeframes { get; } = [Timeframe.Day1];

    public async IAsyncEnumerable<ProviderPage> FetchAsync(
        Symbol symbol,
        Timeframe timeframe,
        TimeRange range,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var url = new Uri(
            _options
                .Url!.Replace("{symbol}", Uri.EscapeDataString(symbol.Value), StringComparison.Ordinal)
                .Replace("{symbol:lower}", Uri.EscapeDataString(symbol.Value.ToLowerInvariant()), StringComparison.Ordinal)
                .Replace("{from}", range.Start.ToString(_options.DateFormat, CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace(
                    "{to}",
                    (range.End - TimeSpan.FromTicks(1)).ToString(_options.DateFormat, CultureInfo.InvariantCulture),
                    StringComparison.Ordinal
                )
        );
        var answer = await _http.GetAsync(() => new(HttpMethod.Get, url), Read, cancellationToken);
        yield return new()
        {
            Bars = answer.Value.Bars,
            Faults = answer.Value.Faults,
            CompleteUntil = range.End,
            Request = Secret().Replace(url.PathAndQuery, "$1=…"),
            ContentType = answer.ContentType,
            Payload = answer.Body,
        };
    }

    private static (List<IncomingBar> Bars, List<BarFault> Faults) Read(byte[] body)
    {
        var (bars, faults) = (new List<IncomingBar>(), new List<BarFault>());
        using var records = new RecordReader(
            body.AsSpan(body.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0)
        );
        records.Next(out var header);
        if (header.IsEmpty || header.StartsWith("No data"u8))
        {
            return (bars, faults);
        }

        var columns = Encoding
            .UTF8.GetString(header)
            .Split(',')
            .Select(column => Enum.TryParse<Column>(column.Trim(' ', '"'), ignoreCase: true, out var known) ? known : Column.Other)
            .ToArray();
        if (new[] { Column.Date, Column.Open, Column.High, Column.Low, Column.Close }.Any(needed => !columns.Contains(needed)))
        {
            var excerpt = Encoding.UTF8.GetString(header[..Math.Min(header.Length, 100)]);
            throw new FormatException($"'{excerpt}' instead of a header such as Date,Open,High,Low,Close,Volume");
        }

        // An answer without a final line feed may be truncated within a number.
        if (body[^1] != '\n')
        {
            throw new FormatException("an answer that ends in the middle of a line");
        }

        var fields = new RecordFields(columns.Length, (byte)',');
        while (records.Next(out var record) is not RecordKind.End and var kind)
        {
            switch (kind)
            {
                case RecordKind.Line when record.IsEmpty:
                    break;
                case RecordKind.Line:
                    ReadRow(record, fields.Split(record), fields, columns, bars, faults);
                    break;
                case RecordKind.Quoted:
                    ReadRow(fields.Unquote(record, out var count), count, fields, columns, bars, faults);
                    break;
                default:
                    // The date cannot be read, so the fault has no timestamp.
                    var reason =
                        kind == RecordKind.OpenQuote ? "a quote is not closed"
                        : kind == RecordKind.Nul ? "there is a NUL byte in it"
                        : "it is too long";
                    faults.Add(new(null, FormattableString.Invariant($"line {records.Line}: {reason}")));
                    break;
            }
        }

        return (bars, faults);
    }

    private static void ReadRow(
        ReadOnlySpan<byte> row,
        int count,
        RecordFields fields,
        Column[] columns,
        List<IncomingBar> bars,
        List<BarFault> faults
    )
    {
        var bar = new ReadBar();
        var volume = false;
        for (var i = 0; i < Math.Min(count, columns.Length); i++)
        {
            var cell = fields.Of(row, i);
            switch (columns[i])
            {
                case Column.Date:
                    var text = Encoding.UTF8.GetString(cell);
                    if (
                        DateOnly.TryParseExact(
                            text,
                            ["yyyy-MM-dd", "yyyyMMdd"],
                            CultureInfo.InvariantCulture,
                            DateTimeStyles.None,
                            out var date
                        )
                    )
                    {
                        bar.Timestamp = new(date, default, TimeSpan.Zero);
                    }
                    else
                    {
                        bar.Refuse($"date '{text}': a date such as 2024-01-02 was expected");
                    }

                    break;
                case Column.Open:
                    bar.Set(BarField.Open, cell);
                    break;
                case Column.High:
                    bar.Set(BarField.High, cell);
                    break;
                case Column.Low:
                    bar.Set(BarField.Low, cell);
                    break;
                case Column.Close:
                    bar.Set(BarField.Close, cell);
                    break;
                case Column.Volume:
                    volume = true;
                    bar.Set(BarField.Volume, cell);
                    break;
            }
        }

        // Indices and currencies have no volume column.
        if (!volume && !columns.Contains(Column.Volume))
        {
            bar.Set(BarField.Volume, "0"u8);
        }

        bar.AddTo(bars, faults);
    }

    // Some providers expect the key in the address; it must be neither logged nor stored.
    [GeneratedRegex(
        "(?<=[?&])([^=&]*(?:key|token|secret|password|auth)[^=&]*)=[^&]*",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    )]
    private static partial Regex Secret();

    private enum Column
    {
        Other,
        Date,
        Open,
        High,
        Low,
        Close,
        Volume,
    }
}
