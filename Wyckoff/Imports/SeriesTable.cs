using System.Text;
using Wyckoff.Imports.Opening;
using Wyckoff.Primitives;

namespace Wyckoff.Imports;

/// <summary>The series of a file. Symbol and timeframe come from the rows, the options or the name of the file.</summary>
internal sealed class SeriesTable
{
    private readonly ImportOptions _options;
    private readonly FileName _name;
    private readonly List<Series> _all = [];
    private readonly Dictionary<(Symbol Symbol, Timeframe Timeframe), Series> _byKey = [];
    private readonly Dictionary<string, Series> _byText = new(StringComparer.Ordinal);
    private readonly Dictionary<Symbol, int> _lanes = [];
    private byte[] _lastText = [];
    private Series? _last;
    private string? _renamedSymbol;

    public SeriesTable(ImportOptions options, FileName name) => (_options, _name) = (options, name);

    public int Count => _all.Count;

    /// <summary>The symbol and where it comes from; null if there is none.</summary>
    public Finding? SymbolOrigin(bool hasColumn) =>
        _options.Symbol is { } given ? new(given.Value, Origin.Option)
        : hasColumn ? new(null, Origin.Column)
        : !_name.HasDoubtfulSymbol && Symbol.TryParse(_name.Symbol, out var named) ? new(named.Value, Origin.FileName)
        : null;

    /// <summary>The timeframe and where it comes from; null if there is none.</summary>
    public Finding? TimeframeOrigin(bool hasColumn) =>
        _options.Timeframe is { } given ? new(given.Name, Origin.Option)
        : hasColumn ? new(null, Origin.Column)
        : _name.Timeframe is { } named ? new(named.Name, Origin.FileName)
        : null;

    /// <summary>The only series of a file without symbol and timeframe columns; null if it has one of these columns.</summary>
    /// <exception cref="ImportRefusedException">Symbol or timeframe is missing or invalid.</exception>
    public Series? SingleSeries(bool hasSymbol, bool hasTimeframe)
    {
        var symbol = _options.Symbol;
        if (symbol is null && !hasSymbol)
        {
            if (_name.HasDoubtfulSymbol)
            {
                throw new ImportRefusedException(
                    $"No symbol: '{_name.Symbol}' of the file's name is a date, a number or a timeframe. Set --symbol, even if the number "
                        + "is the symbol, as in Asia."
                );
            }

            if (!Symbol.TryParse(_name.Symbol, out var named))
            {
                throw new ImportRefusedException(
                    _name.Symbol is null
                        ? "No symbol: neither a column nor the file's name gives it. Set --symbol."
                        : $"No symbol: '{_name.Symbol}' of the file's name is not one (1 to {Symbol.MaxLength} letters, digits or "
                            + ". - _ / ^ = : are expected). Set --symbol."
                );
            }

            symbol = named;
        }

        // Also checked if only the symbol is in a column, so that a missing timeframe is reported before the first row is read.
        var width = hasTimeframe ? default : Width();
        return hasSymbol || hasTimeframe ? null : Get(symbol!.Value, width);
    }

    /// <summary>The series of a row with a symbol column, a timeframe column or both; null with the fault if they are invalid.</summary>
    public Series? Of(ReadOnlySpan<byte> symbol, bool hasSymbol, ReadOnlySpan<byte> timeframe, bool hasTimeframe, out string? fault)
    {
        fault = null;
        var length = symbol.Length + timeframe.Length + 1;
        if (
            _last is not null
            && _lastText.Length == length
            && symbol.SequenceEqual(_lastText.AsSpan(0, symbol.Length))
            && timeframe.SequenceEqual(_lastText.AsSpan(symbol.Length + 1))
        )
        {
            return _last;
        }

        Span<byte> key = length <= 128 ? stackalloc byte[length] : new byte[length];
        symbol.CopyTo(key);
        timeframe.CopyTo(key[(symbol.Length + 1)..]);
        key[symbol.Length] = 0;
        var text = Encoding.UTF8.GetString(key);
        if (!_byText.TryGetValue(text, out var series))
        {
            series = Find(Encoding.UTF8.GetString(symbol), hasSymbol, Encoding.UTF8.GetString(timeframe), hasTimeframe, out fault);
            if (series is null)
            {
                return null;
            }

            _byText.Add(text, series);
        }

        (_last, _lastText) = (series, key.ToArray());
        return series;
    }

    private Series? Find(string symbolText, bool hasSymbol, string timeframeText, bool hasTimeframe, out string? fault)
    {
        fault = null;
        var symbol = _options.Symbol;
        if (hasSymbol && symbol is not null)
        {
            // --symbol may rename the one symbol of a file. It must not merge several symbols into one.
            _renamedSymbol ??= symbolText;
            if (symbolText != _renamedSymbol)
            {
                fault =
                    $"symbol '{Short(symbolText)}': earlier rows are of '{Short(_renamedSymbol)}', and --symbol gives one name to all rows";
                return null;
            }
        }
        else if (symbol is null)
        {
            var name = hasSymbol ? symbolText : _name.Symbol;
            if (!Symbol.TryParse(name, out var parsed))
            {
                fault = $"symbol '{Short(name ?? "")}' is not one: 1 to {Symbol.MaxLength} letters, digits or . - _ / ^ = : were expected";
                return null;
            }

            symbol = parsed;
        }

        Timeframe width;
        if (hasTimeframe)
        {
            if (!FileName.TryTimeframe(timeframeText, out width))
            {
                fault = $"timeframe '{Short(timeframeText)}' is not one of {string.Join(", ", Timeframe.Stored)}";
                return null;
            }

            if (_options.Timeframe is { } wanted && wanted != width)
            {
                fault = $"timeframe '{Short(timeframeText)}': {wanted} was expected";
                return null;
            }
        }
        else
        {
            width = Width();
        }

        return Get(symbol.Value, width);
    }

    private Series Get(Symbol symbol, Timeframe timeframe)
    {
        if (!_byKey.TryGetValue((symbol, timeframe), out var series))
        {
            // All timeframes of a symbol go to one lane, since writing them takes the same locks.
            if (!_lanes.TryGetValue(symbol, out var lane))
            {
                _lanes.Add(symbol, lane = _lanes.Count % ImportPipeline.Lanes);
            }

            series = new(_all.Count, symbol, timeframe, lane, _options.NegativePrices);
            _all.Add(series);
            _byKey.Add((symbol, timeframe), series);
        }

        return series;
    }

    private Timeframe Width() =>
        _options.Timeframe
        ?? _name.Timeframe
        ?? throw new ImportRefusedException(
            $"No timeframe: neither a column nor the file's name gives it. Set --timeframe to one of {string.Join(", ", Timeframe.Stored)}."
        );

    private static string Short(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
