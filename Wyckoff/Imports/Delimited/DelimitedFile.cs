using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Wyckoff.Bars;
using Wyckoff.Imports.Opening;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Delimited;

/// <summary>Reads bars from delimited text. Valid rows are read without allocations.</summary>
internal sealed class DelimitedFile : BarFile
{
    /// <summary>How many bytes of a rejected row are kept.</summary>
    private const int MaxText = 1_000;

    // Times up to a day ahead are accepted.
    private const long MaxLead = TimestampParts.DayLength;

    private readonly OpenedText _text;
    private readonly RecordReader _records;
    private readonly ImportOptions _options;
    private readonly FileName _name;
    private SeriesTable _series = null!;
    private readonly TimeProvider _clock;
    private DelimitedLayout? _layout;
    private TimeReader _times = null!;
    private LocalTime? _zone;
    private Series? _only;
    private RecordFields _fields = null!;
    private readonly Rounding? _rounding;
    private long _latest;
    private bool _rounded;

    public DelimitedFile(OpenedText text, FileName name, ImportOptions options, TimeProvider clock)
    {
        (_text, _records, _name, _options, _clock) = (text, new(text.Utf8), name, options, clock);
        _rounding = options.Round is { } decimals ? new(decimals) : null;
    }

    public override IReadOnlyList<string> Notes => _layout?.Notes ?? [];

    public override FileLayout? Layout =>
        _layout is { } layout
            ? new()
            {
                Format = "text",
                Compression = _text.Compression,
                Encoding = _text.Encoding,
                Vendor = layout.Vendor,
                Delimiter = ((char)layout.Delimiter).ToString(),
                HasHeader = layout.Header.Count > 0,
                FirstLine = layout.FirstLine,
                Columns = [.. Enumerable.Range(0, Math.Max(layout.Count, layout.Header.Count)).Select(layout.Column)],
                // A header of several lines may have the symbol.
                Symbol =
                    _options.Symbol is null && layout.Symbol is { } ofHeader
                        ? new(ofHeader, Origin.Column)
                        : _series.SymbolOrigin(layout[Role.Symbol] >= 0),
                Timeframe = _series.TimeframeOrigin(layout[Role.Timeframe] >= 0),
                TimeZone = ZoneOrigin(layout),
                DateFormat = new(_times.Format, _options.DateFormat is null ? Origin.Detected : Origin.Option),
                DecimalPoint = ((char)layout.Numbers.Point).ToString(),
                NewestFirst = layout.Descending,
            }
            : null;

    public override async ValueTask<bool> ReadAsync(RowBatch batch, CancellationToken cancellationToken)
    {
        if (_layout is null)
        {
            await DetectLayoutAsync(cancellationToken);
        }

        _latest = IncomingBar.TimeOf(_clock.GetUtcNow()) + MaxLead;
        while (!batch.IsFull)
        {
            switch (AddRows(batch))
            {
                case RecordKind.End:
                    return false;
                case RecordKind.NeedMore:
                    await _records.FillAsync(cancellationToken);
                    break;
            }
        }

        return true;
    }

    public override ValueTask DisposeAsync()
    {
        _records.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask DetectLayoutAsync(CancellationToken cancellationToken)
    {
        while (_records.Buffered.Length < RecordReader.MaxLine && await _records.FillAsync(cancellationToken)) { }

        if (_records.Buffered.StartsWith("\uFEFF"u8))
        {
            _records.Skip(3);
        }

        if (_records.Buffered.IsEmpty && _records.Damage is { } damage)
        {
            throw new ImportRefusedException($"The file cannot be read: {damage}", 1, "");
        }

        var layout = LayoutDetector.Detect(_records.Buffered, _records.Ended, _options, _name);
        _records.NewLine = layout.NewLine;
        _times = layout.Times();
        _zone = (_options.TimeZone ?? _name.LocalZone) is { } zone ? new LocalTime(zone, layout.Descending) : null;
        _fields = new(layout.Count, layout.Delimiter);
        _series = new(_options, layout.Symbol is { } symbol ? _name with { Symbol = symbol } : _name);
        _layout = layout;
        _only = _series.SingleSeries(layout[Role.Symbol] >= 0, layout[Role.Timeframe] >= 0);
    }

    private Finding? ZoneOrigin(DelimitedLayout layout) =>
        _times.Form == TimeForm.Epoch ? new("UTC", Origin.Detected)
        : !layout.HasLocalTimes ? new(null, Origin.Column)
        : !layout.HasTimeOfDay ? null
        : _options.TimeZone is { } zone ? new(zone.Id, Origin.Option)
        : _name.LocalZone is { } ofName ? new(ofName.Id, Origin.FileName)
        : new("UTC", Origin.Default);

    /// <summary>Adds the buffered rows to the batch, until it is full or the buffer has no complete row.</summary>
    private RecordKind AddRows(RowBatch batch)
    {
        var layout = _layout!;
        while (!batch.IsFull)
        {
            var kind = _records.Next(out var record);
            switch (kind)
            {
                case RecordKind.NeedMore or RecordKind.End:
                    return kind;
                case RecordKind.Damaged:
                    batch.Reject(_records.Line, Text(record), $"the file is damaged from here on: {_records.Damage}");
                    return kind;
                case RecordKind.TooLong:
                    batch.Reject(
                        _records.Line,
                        Text(record),
                        $"the line is longer than {RecordReader.MaxLine} bytes; its first {RecordReader.Excerpt} are kept"
                    );
                    continue;
            }

            if (_records.Line < layout.FirstLine)
            {
                continue;
            }

            var fault = kind switch
            {
                RecordKind.Nul => "there is a NUL byte in the line",
                RecordKind.OpenQuote => "a quote is not closed",
                RecordKind.Quoted => AddRow(_fields.Unquote(record, out var count), count, layout, batch),
                _ => record.IsEmpty ? null : AddRow(record, _fields.Split(record), layout, batch),
            };
            if (fault is not null)
            {
                batch.Reject(_records.Line, Text(record), fault);
            }
        }

        return RecordKind.Line;
    }

    /// <summary>Adds the bar of a row to the batch, or returns what is wrong with the row.</summary>
    private string? AddRow(ReadOnlySpan<byte> row, int count, DelimitedLayout layout, RowBatch batch)
    {
        if (count != layout.Count)
        {
            if (row.Trim(" \t\r"u8).IsEmpty)
            {
                return null;
            }

            // A trailing delimiter does not count as another column. Columns at the end may be missing if no bar needs them, but not in a
            // last line without line ending, which may be cut off within a number.
            if (
                count < layout.Count
                    ? count < layout.Needed || !_records.IsTerminated
                    : !_fields.Extra(row).Trim(" \t"u8).TrimStart(layout.Delimiter).IsEmpty
            )
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(count > layout.Count ? "more" : count)} columns: {layout.Count} were expected"
                );
            }
        }

        if (count < layout.Count)
        {
            _fields.Pad(row, count);
        }

        if (layout[Role.Filled] >= 0 && _fields.Of(row, layout[Role.Filled]).SequenceEqual("true"u8))
        {
            return FillsGap;
        }

        var series = _only;
        if (series is null)
        {
            var (hasSymbol, hasTimeframe) = (layout[Role.Symbol] >= 0, layout[Role.Timeframe] >= 0);
            series = _series.Of(
                hasSymbol ? _fields.Of(row, layout[Role.Symbol]) : default,
                hasSymbol,
                hasTimeframe ? _fields.Of(row, layout[Role.Timeframe]) : default,
                hasTimeframe,
                out var seriesFault
            );
            if (series is null)
            {
                return seriesFault;
            }
        }

        _rounded = false;
        if (Time(row, layout, series, out var time) is { } timeFault)
        {
            return timeFault;
        }

        if (
            Price(row, layout, Role.Open, out var open)
            && Price(row, layout, Role.High, out var high)
            && Price(row, layout, Role.Low, out var low)
            && Price(row, layout, Role.Close, out var close)
            && Volume(row, layout, out var volume)
            && Trades(row, layout, out var trades)
            && Vwap(row, layout, out var vwap)
        )
        {
            var bar = new IncomingBar(time, open, high, low, close, volume, trades, vwap);
            if (series.BrokenRule(bar) is { } rule)
            {
                return rule;
            }

            batch.Add(series, bar, _rounded);
            return null;
        }

        return NumberFaultOf(row, layout);
    }

    private string? Time(ReadOnlySpan<byte> row, DelimitedLayout layout, Series series, out long time)
    {
        time = 0;
        var field = _fields.Of(row, layout[Role.Time]);
        var date = layout[Role.Date];
        TimestampParts timestamp;
        if (date < 0 ? !_times.TryRead(field, out timestamp) : !_times.TryRead(_fields.Of(row, date), field, out timestamp))
        {
            return field.IsEmpty
                ? "the time is empty"
                : $"time '{(date < 0 ? "" : Text(_fields.Of(row, date), 60) + " ")}{Text(field, 60)}' is not {_times.Description}";
        }

        if (_name.Day is { } day && timestamp.Day != day.DayNumber - TimestampParts.EpochDay)
        {
            return $"time {TimestampParts.Text(timestamp.Local)} is not on {day:yyyy-MM-dd}, the day in the file's name";
        }

        time = timestamp.Local;
        // The date of a daily bar, or its midnight in any zone, names the session and is not converted.
        if (series.Timeframe.IsDaily && timestamp.OfDay == 0)
        {
            return series.FaultOf(time, _latest);
        }

        if (timestamp.Offset != TimestampParts.NoOffset)
        {
            time -= timestamp.Offset;
        }
        else if (_zone is not null && !_zone.TryResolve(timestamp.Local, series.Width, series.Clock, out time))
        {
            return $"time {TimestampParts.Text(timestamp.Local)} does not exist in {(_options.TimeZone ?? _name.LocalZone)!.Id}: "
                + "the clock was put forward over it";
        }

        return series.FaultOf(time, _latest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Price(ReadOnlySpan<byte> row, DelimitedLayout layout, Role role, out long amount)
    {
        var field = _fields.Of(row, layout[role]);
        if (_rounding is not null)
        {
            return RoundedPrice(field, layout, out amount);
        }

        if (!FixedPoint.TryPlain(field, layout.Numbers.Point, out amount))
        {
            if (
                FixedPoint.Parse(field, layout.Numbers, suffixes: false, out var parsed) != NumberFault.None
                || parsed > long.MaxValue
                || parsed < long.MinValue
            )
            {
                return false;
            }

            amount = (long)parsed;
        }

        if (_options.PriceScale == 1)
        {
            return true;
        }

        (amount, var rest) = Math.DivRem(amount, _options.PriceScale);
        return rest == 0;
    }

    private bool RoundedPrice(ReadOnlySpan<byte> field, DelimitedLayout layout, out long amount)
    {
        var rounding = _rounding!.Value with { Divisor = _options.PriceScale };
        var isValid = Rounded(field, layout.Numbers, suffixes: false, rounding, out var result);
        amount = (long)result;
        return isValid && amount == result;
    }

    private bool Rounded(ReadOnlySpan<byte> field, NumberStyle numbers, bool suffixes, Rounding rounding, out Int128 amount)
    {
        var fault = FixedPoint.Round(field, numbers, suffixes, rounding, out amount, out var rounded);
        _rounded |= rounded;
        return fault == NumberFault.None;
    }

    private bool Volume(ReadOnlySpan<byte> row, DelimitedLayout layout, out Int128 volume)
    {
        volume = 0;
        if (layout[Role.Volume] < 0)
        {
            return true;
        }

        var field = _fields.Of(row, layout[Role.Volume]);
        if (_rounding is null && FixedPoint.TryPlain(field, layout.Numbers.Point, out var amount))
        {
            volume = amount;
            return true;
        }

        return (
                _rounding is { } rounding
                    ? Rounded(field, layout.Numbers, suffixes: true, rounding, out volume)
                    : FixedPoint.Parse(field, layout.Numbers, suffixes: true, out volume) == NumberFault.None
            ) || (layout.EmptyVolume && field.Trim(" -"u8).IsEmpty);
    }

    private bool Trades(ReadOnlySpan<byte> row, DelimitedLayout layout, out int trades)
    {
        trades = IncomingBar.Unknown;
        if (layout[Role.Trades] < 0)
        {
            return true;
        }

        var field = _fields.Of(row, layout[Role.Trades]);
        if (field.IsEmpty)
        {
            return true;
        }

        if (
            FixedPoint.Parse(field, layout.Numbers, suffixes: false, out var amount) != NumberFault.None
            || amount < 0
            || amount % IncomingBar.One != 0
            || amount / IncomingBar.One > int.MaxValue
        )
        {
            return false;
        }

        trades = (int)(amount / IncomingBar.One);
        return true;
    }

    private bool Vwap(ReadOnlySpan<byte> row, DelimitedLayout layout, out long vwap)
    {
        vwap = 0;
        return layout[Role.Vwap] < 0 || _fields.Of(row, layout[Role.Vwap]).IsEmpty || Price(row, layout, Role.Vwap, out vwap);
    }

    /// <summary>Finds the first wrong number of a row and what is wrong with it. Called only for rows that have one.</summary>
    private string NumberFaultOf(ReadOnlySpan<byte> row, DelimitedLayout layout)
    {
        foreach (var role in (Role[])[Role.Open, Role.High, Role.Low, Role.Close, Role.Volume, Role.Trades, Role.Vwap])
        {
            var isValid = role switch
            {
                Role.Volume => Volume(row, layout, out _),
                Role.Trades => Trades(row, layout, out _),
                Role.Vwap => Vwap(row, layout, out _),
                _ => Price(row, layout, role, out _),
            };
            if (isValid)
            {
                continue;
            }

            var field = _fields.Of(row, layout[role]);
            var name = role switch
            {
                Role.Trades => "trade count",
                _ => role.ToString().ToLowerInvariant(),
            };
            return FixedPoint.Parse(field, layout.Numbers, role == Role.Volume, out _) switch
            {
                NumberFault.Empty => $"{name} is empty",
                NumberFault.NotANumber => $"{name} '{Text(field, 60)}' is not a number",
                NumberFault.TooPrecise when _rounding is null && role != Role.Trades => $"{name} {Text(field, 60)}: {TooPrecise}",
                NumberFault.TooLarge => $"{name} {Text(field, 60)} is too large",
                _ when role == Role.Trades => $"trade count {Text(field, 60)}: a whole number from 0 to {int.MaxValue} was expected",
                _ when _options.PriceScale != 1 && _rounding is null => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name} {Text(field, 60)} divided by {_options.PriceScale}: {TooPrecise}"
                ),
                _ => $"{name} {Text(field, 60)} is too large",
            };
        }

        return "a number is wrong";
    }

    private static string Text(ReadOnlySpan<byte> bytes, int max = MaxText)
    {
        var text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, max)]).Replace('\0', '\uFFFD');
        return bytes.Length > max ? text + "…" : text;
    }
}
