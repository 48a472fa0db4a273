using System.Globalization;
using System.Text;
using Wyckoff.Bars;
using Wyckoff.Imports.Delimited;
using Wyckoff.Imports.Opening;
using Wyckoff.Parquet;

namespace Wyckoff.Imports.Parquet;

/// <summary>Reads bars from a Parquet file. The line of a reject is the number of its row, from 1.</summary>
internal sealed class ParquetFile : BarFile
{
    // The field names of ParquetBarReader by role.
    private static readonly (Role Role, string Field)[] Fields =
    [
        (Role.Time, "timestamp"),
        (Role.Open, "open"),
        (Role.High, "high"),
        (Role.Low, "low"),
        (Role.Close, "close"),
        (Role.Volume, "volume"),
        (Role.Trades, "trade_count"),
        (Role.Vwap, "vwap"),
        (Role.Symbol, "symbol"),
        (Role.Timeframe, "timeframe"),
    ];

    private readonly FileStream _stream;
    private readonly ParquetBarReader _reader;
    private readonly IEnumerator<ReadOnlyMemory<ParquetBarRow>> _batches;
    private readonly SeriesTable _series;
    private readonly Series? _only;
    private readonly ImportOptions _options;
    private readonly LocalTime? _zone;
    private readonly TimeProvider _clock;
    private (string? Symbol, string? Timeframe, Series? Series) _last;
    private long _row;

    private ParquetFile(
        FileStream stream,
        ParquetBarReader reader,
        SeriesTable series,
        ImportOptions options,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        (_stream, _reader, _series, _options, _clock) = (stream, reader, series, options, clock);
        _only = series.SingleSeries(reader.HasSymbols, reader.HasTimeframes);
        _zone = options.TimeZone is { } zone ? new LocalTime(zone, descending: false) : null;
        _batches = reader.Read(cancellationToken).GetEnumerator();
    }

    public override FileLayout Layout =>
        new()
        {
            Format = "parquet",
            Columns =
            [
                .. _reader.Columns.Select(
                    (entry, index) =>
                        new FileColumn(
                            index + 1,
                            entry.Column.Name,
                            Array.Find(Fields, named => named.Field == entry.Field) is { Field: not null } known
                                ? known.Role.ToString().ToLowerInvariant()
                                : entry.Field
                        )
                ),
            ],
            Symbol = _series.SymbolOrigin(_reader.HasSymbols),
            // A column only has to agree with the timeframe.
            Timeframe = _series.TimeframeOrigin(hasColumn: false),
            TimeZone = ZoneOrigin(),
        };

    // Estimated from rows, since the columns of a row group are read at different positions of the file.
    public override long? Position => _reader.Rows == 0 ? 0 : (long)((Int128)_stream.Length * _row / _reader.Rows);

    /// <exception cref="ImportRefusedException">The file is not a Parquet file of bars.</exception>
    public static ParquetFile Open(
        FileStream stream,
        FileName name,
        ImportOptions options,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        if (options.PriceScale != 1)
        {
            throw new ImportRefusedException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"A price scale of {options.PriceScale} does not apply to Parquet, whose prices have a scale of their own."
                )
            );
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (role, field) in Fields)
        {
            if (options.Columns.TryGet(role, out var column))
            {
                map[field] = column;
            }
        }

        try
        {
            // The series of a row decides about negative prices.
            var reader = ParquetBarReader.Open(
                stream,
                new()
                {
                    Map = map,
                    Round = options.Round,
                    AllowsNegative = true,
                }
            );
            return new(stream, reader, new(options, name), options, clock, cancellationToken);
        }
        catch (ParquetException e)
        {
            throw new ImportRefusedException(e.Message);
        }
    }

    public override ValueTask<bool> ReadAsync(RowBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            if (!_batches.MoveNext())
            {
                return new(false);
            }
        }
        catch (ParquetException e)
        {
            // As with damaged text, the rows before the damage are imported and the damage is a reject.
            batch.Reject(_row + 1, "", $"the file is damaged from here on: {e.Message}");
            return new(false);
        }

        var latest = IncomingBar.TimeOf(_clock.GetUtcNow()) + TimestampParts.DayLength;
        foreach (ref readonly var row in _batches.Current.Span)
        {
            _row = row.Row;
            if ((row.Reason ?? AddRow(row, latest, batch)) is { } reason)
            {
                batch.Reject(row.Row, _reader.TextOf(row), reason);
            }
        }

        return new(true);
    }

    public override async ValueTask DisposeAsync()
    {
        _batches.Dispose();
        _reader.Dispose();
        await _stream.DisposeAsync();
    }

    private Finding? ZoneOrigin() =>
        _reader.Columns.First(entry => entry.Field == "timestamp").Column switch
        {
            { Kind: ParquetKind.Date } => null,
            { Kind: ParquetKind.Integer } or { Kind: ParquetKind.Timestamp, IsUtc: true } => new("UTC", Origin.Column),
            _ when _options.TimeZone is { } zone => new(zone.Id, Origin.Option),
            _ => new("UTC", Origin.Default),
        };

    private string? AddRow(in ParquetBarRow row, long latest, RowBatch batch)
    {
        string? fault = null;
        var series = _only ?? SeriesOf(row, out fault);
        if (series is null)
        {
            return fault;
        }

        var bar = row.Bar;
        var written = bar.Time + (row.Offset ?? 0);
        // The date of a daily bar, or its midnight in any zone, names the session and is not converted.
        if (series.Timeframe.IsDaily && written % TimestampParts.DayLength == 0)
        {
            bar = bar with { Time = written };
        }
        else if (row.IsLocal && _zone is not null)
        {
            if (!_zone.TryResolve(bar.Time, series.Width, series.Clock, out var time))
            {
                return $"time {TimestampParts.Text(bar.Time)} does not exist in {_options.TimeZone!.Id}: the clock was put forward over it";
            }

            bar = bar with { Time = time };
        }

        fault = series.BrokenRule(bar) ?? series.FaultOf(bar.Time, latest);
        if (fault is null)
        {
            batch.Add(series, bar, row.IsRounded);
        }

        return fault;
    }

    private Series? SeriesOf(in ParquetBarRow row, out string? fault)
    {
        fault = null;
        // The reader shares the texts of its rows.
        if (_last.Series is null || !ReferenceEquals(_last.Symbol, row.Symbol) || !ReferenceEquals(_last.Timeframe, row.Timeframe))
        {
            var series = _series.Of(
                Encoding.UTF8.GetBytes(row.Symbol ?? ""),
                _reader.HasSymbols,
                Encoding.UTF8.GetBytes(row.Timeframe ?? ""),
                _reader.HasTimeframes,
                out fault
            );
            _last = (row.Symbol, row.Timeframe, series);
        }

        return _last.Series;
    }
}
