using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Delimited;

/// <summary>Headers that do not name every column in one row, as pandas and R write them.</summary>
internal sealed partial class LayoutDetector
{
    // A few rows of a sample may be damaged.
    private const double MostRows = 0.9;

    private string? _symbol;

    /// <summary>
    /// Takes the header in a line and the lines that belong to it. A data frame with two levels of columns has the fields in one row, the
    /// symbols in the row below or above, and usually the name of the index in a row of its own.
    /// </summary>
    /// <returns>The first line after the header.</returns>
    private long TakeHeader(int line)
    {
        _header = Split(_lines[line].Text);
        var next = line + 1;
        if (RoleOf(_header[0]) is Role.Time or Role.Date)
        {
            // The index has its name in the row of the fields, so there is one level. A row of units may follow.
            return _lines[line].Number + 1;
        }

        if (SymbolsIn(line - 1) is { } above)
        {
            TakeSymbols(above, line);
        }
        else if (SymbolsIn(next) is { } below)
        {
            TakeSymbols(below, line);
            next++;
        }
        else
        {
            return _lines[line].Number + 1;
        }

        _header[0] = "";
        if (
            next < _lines.Count
            && Split(_lines[next].Text) is [{ Length: > 0 } index, .. var rest]
            && Array.TrueForAll(rest, string.IsNullOrEmpty)
        )
        {
            _header[0] = index;
            next++;
        }

        return next < _lines.Count ? _lines[next].Number : _lines[^1].Number + 1;
    }

    /// <summary>The symbols in a line, one for each column after the first; null for any other line.</summary>
    private string[]? SymbolsIn(int line)
    {
        if (line < 0 || line >= _lines.Count || Split(_lines[line].Text) is not [var title, .. var symbols])
        {
            return null;
        }

        var isTitled = Normalize(title) is "ticker" or "tickers" or "symbol" or "symbols";
        return
            symbols.Length == _header.Length - 1
            && (isTitled || title.Length == 0)
            && Array.TrueForAll(symbols, text => Symbol.TryParse(text, out _) && (isTitled || !IsNumber(text)))
            ? symbols
            : null;
    }

    private void TakeSymbols(string[] symbols, int line)
    {
        if (Array.Find(symbols, symbol => symbol != symbols[0]) is { } other)
        {
            throw new ImportRefusedException(
                $"The file has a column for each field of each symbol ({symbols[0]}, {other}, …), as pandas writes several symbols side "
                    + "by side. Save it with one row per bar: frame.stack(\"Ticker\", future_stack=True).to_csv(…), or a file per symbol.",
                _lines[line].Number,
                _lines[line].Text
            );
        }

        _symbol = symbols[0];
    }

    /// <summary>Assigns the time, and the symbol beside it, if they are the index of a data frame and have no name.</summary>
    private void AssignUnnamed(string[] plain)
    {
        // An index of row numbers beside a time column needs no role.
        if (this[Role.Time] >= 0 || this[Role.Date] >= 0)
        {
            return;
        }

        var unnamed = Enumerable.Range(0, plain.Length).Where(column => IsUnnamed(plain[column])).ToList();
        var time = unnamed.FindIndex(column => Holds(column, IsTime));
        if (time < 0)
        {
            return;
        }

        this[Role.Time] = unnamed[time];
        _notes.Add(Numbered(unnamed[time], "has no name of its own and is the time"));
        var symbol = unnamed.FindIndex(column => Holds(column, text => Symbol.TryParse(text, out _) && !IsNumber(text) && !IsTime(text)));
        if (symbol >= 0 && this[Role.Symbol] < 0)
        {
            this[Role.Symbol] = unnamed[symbol];
            _notes.Add(Numbered(unnamed[symbol], "has no name of its own and is the symbol"));
        }

        static bool IsUnnamed(string name) =>
            name is "" or "index" || name.StartsWith("unnamed", StringComparison.Ordinal) || LevelName().IsMatch(name);

        static string Numbered(int column, string text) => string.Create(CultureInfo.InvariantCulture, $"Column {column + 1} {text}.");
    }

    /// <summary>
    /// Gives a header with fewer columns than the rows empty names, at its beginning or its end: where the columns are bars then. Columns
    /// are never shifted without knowing.
    /// </summary>
    private void AlignHeader(long first)
    {
        var widths = _rows.GroupBy(fields => fields.Length).MaxBy(rows => rows.Count());
        var missing = (widths?.Key ?? 0) - _header.Length;
        if (
            widths is null
            || missing <= 0
            || widths.Count() < MostRows * _rows.Count
            || widths.All(fields => fields.AsSpan(_header.Length).IndexOfAnyExcept("") < 0)
        )
        {
            return;
        }

        var (names, unnamed) = (_header, Enumerable.Repeat("", missing));
        var isSplit = _delimiter == ',' && widths.All(LooksSplit);
        var atEnd = !isSplit && Fits([.. names, .. unnamed], widths.Key);
        var atStart = !isSplit && Fits([.. unnamed, .. names], widths.Key);
        Array.Fill(_columns, -1);
        _notes.Clear();
        if (atEnd == atStart)
        {
            throw new ImportRefusedException(
                string.Create(CultureInfo.InvariantCulture, $"The header has {names.Length} columns and the rows have {widths.Key}: ")
                    + (
                        isSplit ? "columns have no name, or numbers have a comma that is not quoted"
                        : atEnd ? "the first or the last may have no name"
                        : "under these names, neither the first nor the last columns are a bar"
                    )
                    + $". Found: {Listed(names)}. A name for each column is expected.",
                first - 1,
                string.Join(_delimiter, names)
            );
        }

        _header = atEnd ? [.. names, .. unnamed] : [.. unnamed, .. names];
        _notes.Add(
            string.Create(
                CultureInfo.InvariantCulture,
                $"The header lacks the names of the {(atEnd ? "last" : "first")} {missing} of {widths.Key} columns."
            )
        );
    }

    private bool Fits(string[] header, int width)
    {
        _header = header;
        Array.Fill(_columns, -1);
        AssignByName();
        ApplyMap();
        var time = this[Role.Date] >= 0 ? this[Role.Date] : this[Role.Time];
        var rows = _rows.FindAll(fields => fields.Length == width);
        return time >= 0 && Array.TrueForAll(Prices, role => this[role] >= 0) && rows.Count(IsBar) >= MostRows * rows.Count;

        bool IsBar(string[] fields) =>
            IsTime(fields[time])
            && TryPrice(fields[this[Role.Open]], out var open)
            && TryPrice(fields[this[Role.High]], out var high)
            && TryPrice(fields[this[Role.Low]], out var low)
            && TryPrice(fields[this[Role.Close]], out var close)
            && Math.Min(open, close) >= low
            && Math.Max(open, close) <= high;
    }

    /// <summary>Whether two neighbouring fields may be the parts of a number such as 1,234.</summary>
    private static bool LooksSplit(string[] fields) =>
        Enumerable.Range(0, fields.Length - 1).Any(i => Thousand().IsMatch(fields[i]) && AfterThousand().IsMatch(fields[i + 1]));

    private bool Holds(int column, Predicate<string> test) =>
        _rows.Where(fields => fields.Length > column).Select(fields => fields[column]).Where(text => text.Length > 0).ToList()
            is { Count: > 0 } values
        && values.TrueForAll(test);

    private bool IsTime(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (_options.DateFormat is { } pattern)
        {
            return TimesOf(pattern).TryRead(bytes, out _);
        }

        return FormOf(text) switch
        {
            null => false,
            // Smaller numbers are row numbers or prices, or a time before 1973.
            TimeForm.Epoch => Math.Abs(decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)) >= 100_000_000,
            TimeForm.DayFirst => Reads(TimeForm.DayFirst) || Reads(TimeForm.MonthFirst),
            var form => Reads(form.Value),
        };

        bool Reads(TimeForm form) => new TimeReader { Form = form }.TryRead(bytes, out _);
    }

    private static TimeReader TimesOf(TimePattern pattern) =>
        pattern.PerSecond > 0
            ? new() { Form = TimeForm.Epoch, PerSecond = pattern.PerSecond }
            : new() { Form = TimeForm.Pattern, Pattern = pattern };

    [GeneratedRegex("^level[0-9]+$", RegexOptions.None, 1000)]
    private static partial Regex LevelName();

    [GeneratedRegex("^-?[1-9][0-9]{0,2}$", RegexOptions.None, 1000)]
    private static partial Regex Thousand();

    [GeneratedRegex("^[0-9]{3}(\\.[0-9]*)?$", RegexOptions.None, 1000)]
    private static partial Regex AfterThousand();
}
