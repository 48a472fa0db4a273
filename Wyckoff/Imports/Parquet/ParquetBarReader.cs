using System.Globalization;
using System.Text;
using Wyckoff.Bars;
using Wyckoff.Imports.Guessing;
using Wyckoff.Parquet;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Parquet;

/// <summary>
/// Reads bars from a Parquet file without rounding. A floating-point number is taken as the shortest decimal that identifies it (0.1
/// is 0.1). A row with a value that does not fit is a reject.
/// </summary>
public sealed class ParquetBarReader : IDisposable
{
    private const string FiniteExpected = "a finite number was expected";
    private const long MicrosecondsPerDay = TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond;
    private static readonly long First = IncomingBar.TimeOf(DateTimeOffset.MinValue);
    private static readonly long Last = IncomingBar.TimeOf(DateTimeOffset.MaxValue);

    // The last names of the timestamp are those of an unnamed pandas index. They count only if the column holds times.
    private static readonly (string Field, bool Needed, string[] Names)[] Vocabulary =
    [
        (
            "timestamp",
            true,
            [
                "timestamp",
                "datetime",
                "time",
                "date",
                "t",
                "ts",
                "date_time",
                "open_time",
                "window_start",
                "ts_event",
                "index",
                "__index_level_0__",
                "__index_level_1__",
            ]
        ),
        ("open", true, ["open", "o", "open_price"]),
        ("high", true, ["high", "h", "high_price"]),
        ("low", true, ["low", "l", "low_price"]),
        ("close", true, ["close", "c", "close_price"]),
        ("volume", true, ["volume", "v", "vol"]),
        ("vwap", false, ["vwap", "vw", "volume_weighted_price"]),
        ("trade_count", false, ["trade_count", "trades", "n", "transactions", "num_trades"]),
        ("symbol", false, ["symbol", "ticker", "sym"]),
        ("timeframe", false, ["timeframe"]),
        ("filled", false, ["filled"]),
    ];

    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd HH:mmK",
        "yyyy-MM-dd",
        "yyyyMMdd",
    ];

    private readonly ParquetReader _reader;
    private readonly ParquetBarOptions _options;
    private readonly List<ParquetColumn> _columns = [];

    // The index in _columns of each field, in the order of Vocabulary; -1 for a field without a column.
    private readonly int[] _places = new int[Vocabulary.Length];
    private readonly ParquetBarRow[] _rows = new ParquetBarRow[ParquetBatch.MostRows];
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);
    private readonly Rounding? _rounding;
    private ParquetBatch? _batch;
    private (byte[] Bytes, string? Text) _symbol = ([], null);
    private (byte[] Bytes, string? Text) _timeframe = ([], null);
    private bool _rounded;
    private long _microsecondsPerUnit;
    private long _unitsPerMicrosecond;

    private ParquetBarReader(ParquetReader reader, ParquetBarOptions options)
    {
        (_reader, _options) = (reader, options);
        _rounding = options.Round is { } decimals ? new(decimals) : null;
        for (var field = 0; field < Vocabulary.Length; field++)
        {
            _places[field] = -1;
            if (Find(Vocabulary[field].Field, Vocabulary[field].Names) is { } column)
            {
                _places[field] = _columns.Count;
                _columns.Add(column);
            }
            else if (Vocabulary[field].Needed)
            {
                var quotes = QuoteColumns.In([
                    .. reader.Columns.Select(each => string.Concat(each.Name.Where(char.IsLetterOrDigit)).ToLowerInvariant()),
                ]);
                throw new ParquetException(
                    $"{(quotes.Any() ? FileContents.QuoteFile + " " : "")}No column for {Vocabulary[field].Field}: "
                        + $"one of {string.Join(", ", Vocabulary[field].Names)} was expected; "
                        + $"there are {string.Join(", ", reader.Columns)}."
                );
            }
        }
    }

    private enum Field
    {
        Timestamp,
        Open,
        High,
        Low,
        Close,
        Volume,
        Vwap,
        TradeCount,
        Symbol,
        Timeframe,
        Filled,
    }

    /// <summary>Number of rows in the file, including rejects.</summary>
    public long Rows => _reader.Rows;

    /// <summary>The columns of the file, and the field that each is read as; null if it is ignored.</summary>
    internal IEnumerable<(ParquetColumn Column, string? Field)> Columns =>
        _reader.Columns.Select(column =>
        {
            var index = Array.FindIndex(_places, place => place >= 0 && _columns[place] == column);
            return (column, index < 0 ? null : Vocabulary[index].Field);
        });

    public bool HasSymbols => _places[(int)Field.Symbol] >= 0;

    public bool HasTimeframes => _places[(int)Field.Timeframe] >= 0;

    /// <summary>Opens a file and finds its columns by their names. The stream has to be seekable, and stays open.</summary>
    /// <exception cref="ParquetException">The file is no Parquet file, or a column is missing or has an unsuitable type.</exception>
    public static ParquetBarReader Open(Stream stream, ParquetBarOptions options)
    {
        var reader = ParquetReader.Open(stream);
        try
        {
            return new(reader, options);
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Reads all rows in batches of a few thousand. A batch is valid until the next one is requested.</summary>
    /// <exception cref="ParquetException">The file is damaged.</exception>
    public IEnumerable<ReadOnlyMemory<ParquetBarRow>> Read(CancellationToken cancellationToken)
    {
        foreach (var batch in _reader.Read(_columns, cancellationToken))
        {
            _batch = batch;
            for (var row = 0; row < batch.Count; row++)
            {
                _rows[row] = Row(batch, row);
            }

            yield return _rows.AsMemory(0, batch.Count);
        }
    }

    /// <summary>A row of the current batch as text.</summary>
    public string TextOf(in ParquetBarRow row) => row.Text ?? Text(_batch!, (int)(row.Row - 1 - _batch!.FirstRow));

    public void Dispose() => _reader.Dispose();

    private ParquetColumn? Find(string field, string[] names)
    {
        ParquetColumn? column;
        if (_options.Map.TryGetValue(field, out var mapped))
        {
            column =
                _reader.Columns.FirstOrDefault(column => column.Name.Equals(mapped, StringComparison.OrdinalIgnoreCase))
                ?? throw new ParquetException($"No column '{mapped}' for {field}; there are {string.Join(", ", _reader.Columns)}.");
        }
        else
        {
            var named = names.SelectMany(name =>
                _reader.Columns.Where(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            );
            column = field switch
            {
                // A timestamp takes precedence over a date. An index of numbers is not a time.
                "timestamp" => named
                    .Where(column =>
                        column.Kind == ParquetKind.Timestamp || !column.Name.Contains("index", StringComparison.OrdinalIgnoreCase)
                    )
                    .OrderBy(column => column.Kind != ParquetKind.Timestamp)
                    .FirstOrDefault(),
                "filled" => named.FirstOrDefault(column => column.Kind == ParquetKind.Boolean),
                _ => named.FirstOrDefault(),
            };
        }

        var fits = field switch
        {
            _ when column is null => true,
            "filled" => true,
            "timestamp" => column.Kind is ParquetKind.Timestamp or ParquetKind.Date or ParquetKind.Integer or ParquetKind.Text,
            "symbol" or "timeframe" => column.Kind is ParquetKind.Text or ParquetKind.Bytes,
            _ => column.Kind is ParquetKind.Real or ParquetKind.Decimal or ParquetKind.Integer or ParquetKind.Text,
        };
        return fits ? column : throw new ParquetException($"Column '{column}' is {column!.Kind}, which no {field} can be.");
    }

    private ParquetBarRow Row(ParquetBatch batch, int row)
    {
        Span<Int128> prices = stackalloc Int128[4];
        long time = 0;
        Int128 volume = 0,
            vwap = 0,
            trades = 0;
        long? offset = null;
        _rounded = false;
        var reason = Filled(batch, row) ?? Time(batch, row, out time, out offset);
        for (var field = Field.Open; reason is null && field <= Field.Close; field++)
        {
            reason = Needed(batch, row, field, out prices[field - Field.Open]);
        }

        reason ??= Needed(batch, row, Field.Volume, out volume);
        reason ??= Optional(batch, row, Field.Vwap, 0, out vwap);
        reason ??= Optional(batch, row, Field.TradeCount, (Int128)IncomingBar.Unknown * IncomingBar.One, out trades);
        var (count, rest) = Int128.DivRem(trades, IncomingBar.One);
        if (reason is null && (rest != 0 || count < IncomingBar.Unknown || count > int.MaxValue))
        {
            reason = $"trade_count {IncomingBar.Text(trades)}: a whole number from 0 to {int.MaxValue} was expected";
        }

        var bar = default(IncomingBar);
        if (reason is null)
        {
            bar = new(time, (long)prices[0], (long)prices[1], (long)prices[2], (long)prices[3], volume, (int)count, (long)vwap);
            reason = bar.BrokenRule(_options.AllowsNegative);
        }

        return new(
            batch.FirstRow + row + 1,
            bar,
            Shared(batch, row, Field.Symbol, ref _symbol),
            Shared(batch, row, Field.Timeframe, ref _timeframe),
            offset,
            _rounded,
            reason,
            reason is null ? null : Text(batch, row)
        );
    }

    private string? Filled(ParquetBatch batch, int row) =>
        Vector(batch, Field.Filled) is { } vector && !vector.IsNull(row) && vector.Boolean(row) ? BarFile.FillsGap : null;

    private string? Time(ParquetBatch batch, int row, out long time, out long? offset)
    {
        var vector = Vector(batch, Field.Timestamp)!;
        (time, offset) = (0, 0);
        if (vector.IsNull(row))
        {
            return "timestamp null: an instant was expected";
        }

        switch (vector.Column.Kind)
        {
            case ParquetKind.Timestamp:
                offset = vector.Column.IsUtc ? 0 : null;
                return vector.TryGetTimestamp(row, out time) && InRange(time)
                    ? null
                    : $"timestamp {Show(vector, row)}: whole microseconds from the year 1 to 9999 were expected";
            case ParquetKind.Date:
                offset = null;
                var days = (long)vector.Integer(row) * MicrosecondsPerDay;
                time = days;
                return InRange(days) ? null : $"timestamp {Show(vector, row)}: a date from the year 1 to 9999 was expected";
            case ParquetKind.Integer:
                return Epoch(vector.Integer(row), out time);
            default:
                var text = vector.Text(row);
                return TryParseTime(text, out time, out offset)
                    ? null
                    : $"timestamp {text}: a date and time such as 2024-01-31T14:30:00Z was expected";
        }
    }

    // The size of the first number decides for the whole file whether numbers are seconds, ms, µs or ns.
    private string? Epoch(Int128 number, out long time)
    {
        if (_microsecondsPerUnit == 0)
        {
            (_microsecondsPerUnit, _unitsPerMicrosecond) = (ulong)UInt128.Min((UInt128)Int128.Abs(number), ulong.MaxValue) switch
            {
                < 100_000_000_000 => (1_000_000, 1),
                < 100_000_000_000_000 => (1_000, 1),
                < 100_000_000_000_000_000 => (1, 1),
                _ => (1, 1_000),
            };
        }

        var (micros, rest) = Int128.DivRem(number * _microsecondsPerUnit, _unitsPerMicrosecond);
        time = unchecked((long)micros);
        return rest == 0 && time == micros && InRange(time)
            ? null
            : $"timestamp {number}: whole microseconds from the year 1 to 9999 were expected";
    }

    private static bool TryParseTime(string text, out long time, out long? offset)
    {
        const DateTimeStyles styles = DateTimeStyles.AllowWhiteSpaces | DateTimeStyles.AssumeUniversal;
        (time, offset) = (0, null);
        if (!DateTimeOffset.TryParseExact(text, TimeFormats, CultureInfo.InvariantCulture, styles, out var instant))
        {
            return false;
        }

        time = IncomingBar.TimeOf(instant);
        offset = text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > 10 ? instant.Offset.Ticks / TimeSpan.TicksPerMicrosecond : null;
        return instant.UtcTicks % TimeSpan.TicksPerMicrosecond == 0;
    }

    private static bool InRange(long time) => time >= First && time <= Last;

    private string? Needed(ParquetBatch batch, int row, Field field, out Int128 amount)
    {
        var vector = Vector(batch, field)!;
        amount = 0;
        if (vector.IsNull(row))
        {
            return $"{Name(field)} null: {FixedPoint.Expected(NumberFault.NotANumber)}";
        }

        var expected =
            _rounding is { } rounding && field != Field.TradeCount
                ? Rounded(vector, row, rounding, out amount)
                : Amount(vector, row, out amount);
        expected = expected == FixedPoint.Expected(NumberFault.TooPrecise) && field != Field.TradeCount ? BarFile.TooPrecise : expected;
        return expected is not null ? $"{Name(field)} {Show(vector, row)}: {expected}" : Limited(field, amount);
    }

    // Data frames without null values use NaN instead.
    private string? Optional(ParquetBatch batch, int row, Field field, Int128 missing, out Int128 amount)
    {
        amount = missing;
        return
            Vector(batch, field) is not { } vector
            || vector.IsNull(row)
            || (vector.Column.Kind == ParquetKind.Real && double.IsNaN(vector.Real(row)))
            ? null
            : Needed(batch, row, field, out amount);
    }

    private static string? Limited(Field field, Int128 amount) =>
        field is not (Field.Volume or Field.TradeCount) && (amount >= IncomingBar.PriceLimit || amount <= -IncomingBar.PriceLimit)
            ? $"{Name(field)} {IncomingBar.Text(amount)}: {IncomingBar.ExpectedPrice} was expected"
            : null;

    private string? Rounded(ParquetVector vector, int row, Rounding rounding, out Int128 amount)
    {
        amount = 0;
        if (vector.Column.Kind == ParquetKind.Real && !double.IsFinite(vector.Real(row)))
        {
            return FiniteExpected;
        }

        var rounded = false;
        var fault = vector.Column.Kind switch
        {
            ParquetKind.Decimal => FixedPoint.Round(vector.Unscaled(row), vector.Column.Scale, rounding, out amount, out rounded),
            ParquetKind.Integer => FixedPoint.Round(vector.Integer(row), 0, rounding, out amount, out rounded),
            ParquetKind.Text => FixedPoint.Round(vector.Bytes(row), NumberStyle.Bare, false, rounding, out amount, out rounded),
            _ => FixedPoint.Round(
                Encoding.ASCII.GetBytes(vector.RealText(row)),
                NumberStyle.Bare,
                false,
                rounding,
                out amount,
                out rounded
            ),
        };
        _rounded |= rounded;
        return fault == NumberFault.None ? null : FixedPoint.Expected(fault);
    }

    private static string? Amount(ParquetVector vector, int row, out Int128 amount)
    {
        switch (vector.Column.Kind)
        {
            case ParquetKind.Decimal:
                return FixedPoint.Scale(vector.Unscaled(row), vector.Column.Scale, out amount);
            case ParquetKind.Integer:
                return FixedPoint.Scale(vector.Integer(row), 0, out amount);
            case ParquetKind.Text:
                return FixedPoint.Parse(vector.Text(row), out amount);
            default:
                var real = vector.Real(row);
                amount = 0;
                if (!double.IsFinite(real))
                {
                    return FiniteExpected;
                }

                if (!vector.IsSingle && Math.Abs(real) < 1e7)
                {
                    // Decimals of up to 15 digits have distinct doubles, so a decimal that converts to this double is its shortest text.
                    var nearest = Math.Round(real * IncomingBar.One);
                    if (nearest / IncomingBar.One == real)
                    {
                        amount = (long)nearest;
                        return null;
                    }
                }

                return FixedPoint.Parse(vector.RealText(row), out amount);
        }
    }

    // Symbol and timeframe rarely change from row to row, so equal texts are shared.
    private string? Shared(ParquetBatch batch, int row, Field field, ref (byte[] Bytes, string? Text) last)
    {
        if (Vector(batch, field) is not { } vector || vector.IsNull(row))
        {
            return null;
        }

        var bytes = vector.Bytes(row);
        if (last.Text is null || !bytes.SequenceEqual(last.Bytes))
        {
            var text = Encoding.UTF8.GetString(bytes);
            if (_texts.TryGetValue(text, out var known))
            {
                text = known;
            }
            else if (_texts.Count < 100_000)
            {
                _texts.Add(text, text);
            }

            last = (bytes.ToArray(), text);
        }

        return last.Text;
    }

    private ParquetVector? Vector(ParquetBatch batch, Field field) => _places[(int)field] is >= 0 and var place ? batch[place] : null;

    private static string Name(Field field) => Vocabulary[(int)field].Field;

    private string Text(ParquetBatch batch, int row) =>
        string.Join(", ", _columns.Select((column, i) => $"{column}={Show(batch[i], row)}"));

    private static string Show(ParquetVector vector, int row)
    {
        if (vector.IsNull(row))
        {
            return "null";
        }

        switch (vector.Column.Kind)
        {
            case ParquetKind.Timestamp:
                return vector.TryGetTimestamp(row, out var time) && InRange(time)
                    ? IncomingBar.InstantOf(time).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture)
                        + (vector.Column.IsUtc ? "Z" : "")
                    : "out of range";
            case ParquetKind.Date:
                var days = (long)vector.Integer(row);
                return InRange(days * MicrosecondsPerDay)
                    ? IncomingBar.InstantOf(days * MicrosecondsPerDay).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
                    : string.Create(CultureInfo.InvariantCulture, $"day {days}");
            case ParquetKind.Decimal:
                return Digits(vector.Unscaled(row), vector.Column.Scale);
            case ParquetKind.Integer:
                return vector.Integer(row).ToString(CultureInfo.InvariantCulture);
            case ParquetKind.Real:
                return vector.RealText(row);
            case ParquetKind.Boolean:
                return vector.Boolean(row) ? "true" : "false";
            default:
                // Long enough to find the row in the file, short enough to store.
                var bytes = vector.Bytes(row);
                return Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 200)]);
        }
    }

    private static string Digits(Int128 unscaled, int scale)
    {
        var digits = Int128.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return (unscaled < 0 ? "-" : "") + digits[..^scale] + (scale > 0 ? "." + digits[^scale..] : "");
    }
}
