using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Wyckoff.Imports.Guessing;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Delimited;

/// <summary>Detects the layout of a delimited file from its first rows: by column names, or without a header by the values.</summary>
internal sealed partial class LayoutDetector
{
    private const int SampleRows = 500;
    private const int MaxPreambleLines = 10;
    private const int MaxRecordLines = 20;
    private const long SmallestEpoch = 100_000_000;

    // Column names in lower case without punctuation. Earlier names take precedence.
    private static readonly Dictionary<Role, string[]> Names = new()
    {
        [Role.Time] =
        [
            "timestamp",
            "datetime",
            "time",
            "windowstart",
            "opentime",
            "unix",
            "unixtimestamp",
            "unixtime",
            "epoch",
            "gmttime",
            "localtime",
            "utc",
            "dateandtime",
            "bartime",
            "starttime",
            "t",
        ],
        [Role.Date] = ["date", "tradedate", "tradingday", "day"],
        [Role.Open] = ["open", "openprice", "openingprice", "o"],
        [Role.High] = ["high", "highprice", "max", "h"],
        [Role.Low] = ["low", "lowprice", "min", "l"],
        [Role.Close] = ["close", "closeprice", "closingprice", "closelast", "last", "price", "c"],
        [Role.Volume] = ["volume", "vol", "tickvol", "tickvolume", "v"],
        [Role.Trades] = ["tradecount", "tradescount", "numberoftrades", "transactions", "trades", "count", "n"],
        [Role.Vwap] = ["vwap", "vw", "weightedaverage"],
        [Role.Symbol] = ["symbol", "ticker", "instrument", "sym", "s"],
        [Role.Timeframe] = ["timeframe", "per", "period", "interval"],
        [Role.Filled] = ["filled"],
    };

    private static readonly Role[] Prices = [Role.Open, Role.High, Role.Low, Role.Close];

    private readonly ImportOptions _options;
    private readonly FileName _name;
    private readonly List<string> _notes = [];
    private readonly List<(long Number, string Text)> _lines = [];
    private readonly List<string[]> _rows = [];
    private readonly int[] _columns = new int[Enum.GetValues<Role>().Length];
    private char _delimiter;
    private string[] _header = [];
    private bool _isAmerican;
    private string? _vendor;

    private LayoutDetector(ImportOptions options, FileName name)
    {
        (_options, _name) = (options, name);
        Array.Fill(_columns, -1);
    }

    /// <summary>Detects the layout of a file.</summary>
    /// <param name="sample">The beginning of the file.</param>
    /// <param name="isWhole">The sample is the whole file.</param>
    /// <param name="options">Options that override what is detected.</param>
    /// <param name="name">What the name of the file says.</param>
    /// <exception cref="ImportRefusedException">The layout cannot be detected.</exception>
    public static DelimitedLayout Detect(ReadOnlySpan<byte> sample, bool isWhole, ImportOptions options, FileName name) =>
        new LayoutDetector(options, name).Detect(sample, isWhole);

    private int this[Role role]
    {
        get => _columns[(int)role];
        set => _columns[(int)role] = value;
    }

    private DelimitedLayout Detect(ReadOnlySpan<byte> sample, bool isWhole)
    {
        if (FileContents.Refusal(_name.Content, _options) is { } refusal)
        {
            throw new ImportRefusedException(refusal);
        }

        var newLine = sample.Contains((byte)'\n') || !sample.Contains((byte)'\r') ? '\n' : '\r';
        ReadLines(sample, isWhole, newLine);
        if (_lines.Count == 0)
        {
            throw new ImportRefusedException("The file is empty.", 1, "");
        }

        _delimiter = _options.Delimiter is { } given ? (char)given : DetectDelimiter();
        var first = FindHeader();
        foreach (var (number, text) in _lines)
        {
            // An odd number of quotes: the record continues on the next line, so its fields cannot be told apart here.
            if (number >= first && text.Count(c => c == '"') % 2 == 0 && Split(text) is { Length: >= 4 } fields)
            {
                _rows.Add(fields);
            }
        }

        if (_header.Length > 0)
        {
            AlignHeader(first);
            AssignByName();
        }
        else
        {
            AssignByContent(first);
        }

        ApplyMap();
        RequireColumns(first);
        PairDateAndTime(first);
        var times = DetectTimes(first);
        var numbers = DetectNumbers();
        var count = _header.Length > 0 ? _header.Length : _rows[0].Length;
        var emptyVolume =
            this[Role.Volume] >= 0 && _rows.TrueForAll(fields => fields.ElementAtOrDefault(this[Role.Volume]) is null or "" or "-");
        var (descending, noOffset, timeOfDay) = ScanTimes(times);
        if (noOffset && timeOfDay && _options.TimeZone is null)
        {
            _notes.Add(
                _name.LocalZone is { } zone
                    ? $"The times have no zone and are read as {zone.Id}, as LEAN writes files of this market (see --timezone)."
                    : "The times have no zone and are read as UTC (see --timezone)."
            );
        }

        if (HasScaledPrices())
        {
            _notes.Add(
                $"The prices are whole numbers, such as {Values(Role.Open)[0]}: LEAN stores those of stocks times 10000. "
                    + "If these are such, import them with --price-scale 10000."
            );
        }

        if (this[Role.Volume] < 0)
        {
            _notes.Add("There is no volume column; the volume is 0.");
        }
        else if (emptyVolume)
        {
            _notes.Add("The volume column is empty; the volume is 0.");
        }

        return new()
        {
            Delimiter = (byte)_delimiter,
            NewLine = (byte)newLine,
            Header = _header,
            Vendor = _vendor,
            FirstLine = first,
            Count = count,
            Needed = 1 + Enum.GetValues<Role>().Where(role => IsNeeded(role, emptyVolume)).Max(role => this[role]),
            Symbol = _symbol,
            Columns = _columns,
            Times = () =>
                new()
                {
                    Form = times.Form,
                    PerSecond = times.PerSecond,
                    Pattern = times.Pattern,
                    BaseDay = times.BaseDay,
                    Strict = times.Strict,
                },
            Numbers = numbers,
            EmptyVolume = emptyVolume,
            Descending = descending,
            HasLocalTimes = noOffset,
            HasTimeOfDay = timeOfDay,
            Notes = _notes,
        };
    }

    private void ReadLines(ReadOnlySpan<byte> sample, bool isWhole, char newLine)
    {
        for (long number = 1; _lines.Count < SampleRows && !sample.IsEmpty; )
        {
            var end = sample.IndexOf((byte)newLine);
            // The last line of a partial sample is incomplete.
            if (end < 0 && !isWhole && _lines.Count > 0)
            {
                break;
            }

            var first = number++;
            var length = end < 0 ? sample.Length : end;
            // A line that ends inside quotes continues on the next lines, unless the closing quote is missing.
            for (var (until, more) = (length, 0); IsOpen(sample[..until]) && until < sample.Length && more < MaxRecordLines; more++)
            {
                var next = sample[(until + 1)..].IndexOf((byte)newLine);
                until = next < 0 ? sample.Length : until + 1 + next;
                if (!IsOpen(sample[..until]))
                {
                    (length, number) = (until, number + more + 1);
                    break;
                }
            }

            var text = Encoding.UTF8.GetString(sample[..Math.Min(length, 4096)]).TrimEnd('\r').TrimStart('\uFEFF');
            sample = sample[Math.Min(length + 1, sample.Length)..];
            if (text.AsSpan().Trim().Length > 0)
            {
                _lines.Add((first, text));
            }
        }

        static bool IsOpen(ReadOnlySpan<byte> text) => (text.Count((byte)'"') & 1) != 0;
    }

    /// <summary>Picks the character that splits most lines into the same number of fields, at least four.</summary>
    private char DetectDelimiter()
    {
        var best = (Delimiter: ',', Lines: 0);
        // The comma is tried last: it may also be a decimal comma, or separate date and time.
        foreach (var candidate in (char[])['\t', ';', '|', ','])
        {
            _delimiter = candidate;
            var lines =
                _lines
                    .Take(50)
                    .Select(line => Split(line.Text).Length)
                    .Where(fields => fields >= 4)
                    .GroupBy(fields => fields)
                    .MaxBy(group => group.Count())
                    ?.Count()
                ?? 0;
            if (lines > best.Lines)
            {
                best = (candidate, lines);
            }
        }

        return best.Delimiter;
    }

    private string[] Split(string line)
    {
        if (!line.Contains('"', StringComparison.Ordinal))
        {
            return line.Split(_delimiter, StringSplitOptions.TrimEntries);
        }

        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        foreach (var c in line)
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == _delimiter && !quoted)
            {
                fields.Add(field.ToString().Trim());
                field.Clear();
            }
            else
            {
                field.Append(c);
            }
        }

        fields.Add(field.ToString().Trim());
        return [.. fields];
    }

    /// <summary>
    /// Finds the header, if there is one, and the first line that may hold a bar. A few other lines may precede the header.
    /// </summary>
    private long FindHeader()
    {
        var mapped = _options.Columns.Names.ToList();
        for (var i = 0; i < Math.Min(_lines.Count, MaxPreambleLines); i++)
        {
            var fields = Split(_lines[i].Text);
            var known = fields.Count(field => RoleOf(field) is not null || mapped.Contains(field, StringComparer.OrdinalIgnoreCase));
            var hasMapped = mapped.Count > 0 && mapped.TrueForAll(name => fields.Contains(name, StringComparer.OrdinalIgnoreCase));
            if (
                known >= 3
                || hasMapped
                || (known > 0 && (known == fields.Length || QuoteColumns.In(Array.ConvertAll(fields, Normalize)).Any()))
            )
            {
                return TakeHeader(i);
            }

            if (fields.Length >= 5 && fields.Take(3).Any(field => FormOf(field) is not null) && fields.Count(field => IsNumber(field)) >= 4)
            {
                return _lines[i].Number;
            }
        }

        var found = Split(_lines[0].Text);
        throw new ImportRefusedException(
            $"The first lines hold neither column names nor a bar. Found: {Listed(found)}. "
                + "Expected: column names (time or date, open, high, low, close, volume) or a bar. "
                + "--map and --delimiter describe other files.",
            _lines[0].Number,
            _lines[0].Text
        );
    }

    private static Role? RoleOf(string field)
    {
        var name = Normalize(field);
        foreach (var (role, names) in Names)
        {
            if (Array.IndexOf(names, name) >= 0)
            {
                return role;
            }
        }

        return null;
    }

    /// <summary>Reduces a column name such as &lt;OPEN&gt;, 1. open, Close/Last or Vol. to lower-case letters and digits.</summary>
    private static string Normalize(string name)
    {
        name = Numbered().Replace(name, "");
        return string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
    }

    private void AssignByName()
    {
        var plain = Array.ConvertAll(_header, Normalize);
        foreach (var (role, names) in Names)
        {
            foreach (var name in names)
            {
                if (this[role] < 0)
                {
                    this[role] = Array.IndexOf(plain, name);
                }
            }
        }

        // Of "Volume BTC" and "Volume USDT" the first is the volume in units of the asset.
        if (this[Role.Volume] < 0)
        {
            this[Role.Volume] = Array.FindIndex(plain, name => name.StartsWith("volume", StringComparison.Ordinal));
        }

        // MetaTrader has a tick volume and a real volume; the real volume is 0 where the broker has none.
        var ticks = Array.FindIndex(plain, name => name is "tickvol" or "tickvolume");
        if (ticks >= 0)
        {
            _vendor = "MetaTrader";
        }

        if (
            ticks >= 0
            && this[Role.Volume] != ticks
            && this[Role.Volume] >= 0
            && Values(Role.Volume).TrueForAll(text => text.Trim('0').Length == 0)
        )
        {
            this[Role.Volume] = ticks;
            _notes.Add($"Column '{_header[ticks]}' is used as the volume: the other volume column is all 0.");
        }

        foreach (
            var column in _header.Where((_, i) => plain[i].StartsWith("adj", StringComparison.Ordinal) && Array.IndexOf(_columns, i) < 0)
        )
        {
            _notes.Add($"Column '{column}' is ignored: bars keep the prices as traded.");
        }

        AssignUnnamed(plain);

        _vendor ??=
            plain.Contains("closelast") ? "Nasdaq"
            : plain.Contains("price") && plain.Contains("vol") ? "Investing.com"
            : null;
        _isAmerican = _vendor is "Nasdaq" or "Investing.com";
    }

    private void AssignByContent(long first)
    {
        var row = _rows.Find(fields => fields.Length >= 5 && fields.Count(IsNumber) >= 4) ?? _rows[0];
        var at = 0;
        if (FormOf(row[0]) is null)
        {
            this[Role.Symbol] = at++;
            if (FormOf(row[1]) is null && row.Length > 2 && FormOf(row[2]) is not null)
            {
                this[Role.Timeframe] = at++;
            }
        }

        this[Role.Time] = at++;
        if (
            at < row.Length
            && row.Length - at >= 5
            && _rows.TrueForAll(fields =>
                fields.Length <= at || ClockOnly().IsMatch(fields[at]) || (fields[at].Length == 6 && IsClock(fields[at]))
            )
            && _rows.Exists(fields =>
                fields.Length > at && (fields[at].Contains(':', StringComparison.Ordinal) || fields[at].StartsWith('0'))
            )
        )
        {
            (this[Role.Date], this[Role.Time]) = (this[Role.Time], at++);
        }

        if (!_options.Columns.HasPrices && QuoteColumns.In(_rows, at))
        {
            throw new ImportRefusedException(
                FileContents.Refusal(FileContent.Quotes, _options)!,
                first,
                _lines.Find(line => line.Number >= first).Text ?? ""
            );
        }

        (this[Role.Open], this[Role.High], this[Role.Low], this[Role.Close]) = (at, at + 1, at + 2, at + 3);
        var isEpoch = FormOf(row[this[Role.Time]]) == TimeForm.Epoch;
        var rest = row.Length - at;
        if (rest >= 5)
        {
            this[Role.Volume] = at + 4;
        }

        if (isEpoch && rest == 6)
        {
            this[Role.Trades] = at + 5;
            _vendor = "Kraken"; // a file
        }
        else if (isEpoch && rest == 7)
        {
            (this[Role.Vwap], this[Role.Volume], this[Role.Trades]) = (at + 4, at + 5, at + 6);
            _vendor = "Kraken"; // an answer of the API
        }
        else if (isEpoch && rest == 11)
        {
            this[Role.Trades] = at + 7; // close time and quote volume are in between
            _vendor = "Binance";
        }
        else if (!Fits(at, at + 1, at + 2, at + 3) && Fits(at + 2, at + 1, at, at + 3))
        {
            (this[Role.Low], this[Role.Open]) = (at, at + 2);
            _vendor = "Coinbase";
            _notes.Add("The columns are in the order low, high, open, close.");
        }

        // Vendors that write no header and use dates with slashes are American.
        _isAmerican = true;

        bool Fits(int open, int high, int low, int close) =>
            _rows.TrueForAll(fields =>
                fields.Length <= at + 3
                || !TryPrice(fields[open], out var o)
                || !TryPrice(fields[high], out var h)
                || !TryPrice(fields[low], out var l)
                || !TryPrice(fields[close], out var c)
                || (h >= o && h >= c && h >= l && l <= o && l <= c)
            );
    }

    private bool TryPrice(string text, out decimal price) =>
        decimal.TryParse(_delimiter == ',' ? text : text.Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out price);

    private static bool IsNeeded(Role role, bool emptyVolume) =>
        role is not (Role.Trades or Role.Vwap or Role.Filled) && !(role == Role.Volume && emptyVolume);

    private void ApplyMap()
    {
        var count = _header.Length > 0 ? _header.Length : _rows[0].Length;
        foreach (var role in Enum.GetValues<Role>())
        {
            if (!_options.Columns.TryGet(role, out var column))
            {
                continue;
            }

            var found = ColumnMap.Find(column, _header, count);
            if (found == -1)
            {
                throw new ImportRefusedException(
                    $"--map {Text(role)}={column}: there is no such column. Found: {Listed(_header.Length > 0 ? _header : _rows[0])}.",
                    _lines[0].Number,
                    _lines[0].Text
                );
            }

            // A mapped time column is not combined with a detected date column.
            if (role == Role.Time && !_options.Columns.TryGet(Role.Date, out _))
            {
                this[Role.Date] = -1;
            }

            this[role] = Math.Max(found, -1);
        }
    }

    private void RequireColumns(long first)
    {
        var missing = Prices.Where(role => this[role] < 0).Select(role => $"{Text(role)} ({string.Join(", ", Names[role])})").ToList();
        if (this[Role.Time] < 0 && this[Role.Date] < 0)
        {
            missing.Insert(0, $"time ({string.Join(", ", Names[Role.Time].Concat(Names[Role.Date]))})");
        }

        var (line, text) = _lines.FindLast(candidate => candidate.Number < first) is { Text: not null } header ? header : _lines[0];
        var quotes = QuoteColumns.In(Array.ConvertAll(_header, Normalize)).Select(i => _header[i]).ToArray();
        if (missing.Count > 0 && quotes.Length > 0)
        {
            throw new ImportRefusedException(
                $"{FileContents.QuoteFile} Found: {Listed(quotes)}. "
                    + "To import one side, assign its columns: --map open=…,high=…,low=…,close=….",
                line,
                text
            );
        }

        if (missing.Count > 0)
        {
            throw new ImportRefusedException(
                $"There is no column for {string.Join("; ", missing)}. Found: {Listed(_header.Length > 0 ? _header : _rows[0])}. "
                    + "--map assigns columns.",
                line,
                text
            );
        }

        if (_rows.Count == 0)
        {
            throw new ImportRefusedException("There is a header but no row below it.", line, text);
        }
    }

    private void PairDateAndTime(long first)
    {
        if (this[Role.Time] < 0)
        {
            (this[Role.Time], this[Role.Date]) = (this[Role.Date], -1);
            return;
        }

        // A time column may hold the whole timestamp although there is a date column, too.
        var isTimeOfDay =
            Values(Role.Time).FindAll(text => text.Length > 0) is { Count: > 0 } values
            && values.TrueForAll(text => ClockOnly().IsMatch(text) || (text.Length <= 6 && IsClock(text)));
        if (this[Role.Date] >= 0 && !isTimeOfDay && !_options.Columns.TryGet(Role.Date, out _))
        {
            this[Role.Date] = -1;
        }
        else if (this[Role.Date] < 0 && isTimeOfDay && _name.Day is null && !_options.Columns.TryGet(Role.Time, out _))
        {
            throw new ImportRefusedException(
                $"The times have no date, and there is no date column. Found: {Listed(_header.Length > 0 ? _header : _rows[0])}.",
                _header.Length > 0 ? first - 1 : first,
                string.Join(_delimiter, _header.Length > 0 ? _header : _rows[0])
            );
        }
    }

    private TimeReader DetectTimes(long first)
    {
        if (_options.DateFormat is { } pattern)
        {
            return TimesOf(pattern);
        }

        var role = this[Role.Date] >= 0 ? Role.Date : Role.Time;
        var values = Values(role).FindAll(text => text.Length > 0);
        if (_name.Day is { } day && values.Exists(text => text.Length <= 8 && text.All(char.IsAsciiDigit)))
        {
            _vendor = "LEAN";
            return new() { Form = TimeForm.OfDay, BaseDay = day.DayNumber - TimestampParts.EpochDay };
        }

        var forms = values.ConvertAll(FormOf);
        var form = forms.Find(candidate => candidate is not null);
        if (form is TimeForm.Compact && forms.Exists(candidate => candidate == TimeForm.Epoch))
        {
            form = TimeForm.Epoch;
        }

        switch (form)
        {
            case null:
                throw new ImportRefusedException(
                    $"The time column holds '{(values.Count > 0 ? values[0] : "")}', which is not a known form of time. "
                        + "--date-format describes the form of times, --map selects their column.",
                    first,
                    _lines.Find(line => line.Number >= first).Text ?? ""
                );
            case TimeForm.Epoch:
                var numbers = values
                    .Where(text => FormOf(text) is TimeForm.Epoch or TimeForm.Compact)
                    .Select(text => double.Parse(text, CultureInfo.InvariantCulture));
                var largest = (long)numbers.Max(Math.Abs);
                // Numbers of rows, or milliseconds of a day, are smaller than times that people have bars of.
                if (_header.Length == 0 && largest < SmallestEpoch)
                {
                    throw new ImportRefusedException(
                        $"The first column holds '{values[0]}': as seconds since 1970, all times would be before March 1973. "
                            + "If they are, set --date-format s.",
                        first,
                        _lines.Find(line => line.Number >= first).Text ?? ""
                    );
                }

                return new()
                {
                    Form = TimeForm.Epoch,
                    PerSecond = TimeReader.UnitOf(largest),
                    Strict = true,
                };
            case TimeForm.MonthFirst or TimeForm.DayFirst:
                return new() { Form = DayOrMonth(values, first) };
            default:
                return new() { Form = form.Value };
        }
    }

    private TimeForm DayOrMonth(List<string> values, long first)
    {
        bool dayFirst = false,
            monthFirst = false;
        foreach (var match in values.Select(text => SlashDate().Match(text)).Where(match => match.Success))
        {
            // Dates with points always have the day first.
            dayFirst |= match.Groups["mark"].Value == "." || int.Parse(match.Groups["first"].ValueSpan, CultureInfo.InvariantCulture) > 12;
            monthFirst |= int.Parse(match.Groups["second"].ValueSpan, CultureInfo.InvariantCulture) > 12;
        }

        if (dayFirst != monthFirst)
        {
            return dayFirst ? TimeForm.DayFirst : TimeForm.MonthFirst;
        }

        if (_isAmerican && !dayFirst)
        {
            return TimeForm.MonthFirst;
        }

        throw new ImportRefusedException(
            $"Dates such as '{values[0]}' may have the day or the month first, and the first rows do not show which. "
                + "Set --date-format to MM/dd/yyyy or dd/MM/yyyy (with HH:mm if there is a time).",
            first,
            _lines.Find(line => line.Number >= first).Text ?? ""
        );
    }

    private static TimeForm? FormOf(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (YearFirst().IsMatch(text))
        {
            return TimeForm.YearFirst;
        }

        if (
            CompactDate().Match(text) is { Success: true } compact
            && DateOnly.TryParseExact(
                compact.Groups["day"].ValueSpan,
                "yyyyMMdd",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out var date
            )
            && date.Year is >= 1700 and <= 2100
        )
        {
            return TimeForm.Compact;
        }

        if (SlashDate().IsMatch(text))
        {
            return TimeForm.DayFirst;
        }

        if (NamedDate().IsMatch(text))
        {
            return TimeForm.Named;
        }

        // Prices and volumes are numbers, too, so this method is only used for columns that may hold a time.
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? TimeForm.Epoch : null;
    }

    private NumberStyle DetectNumbers()
    {
        var prices = Prices.SelectMany(Values).ToList();
        var values = prices.Concat(Values(Role.Volume)).ToList();
        if (!values.Exists(Has(',')))
        {
            return NumberStyle.Plain;
        }

        // In a number with both characters, the last one is the decimal point.
        var both = values.FindAll(text => Has(',')(text) && Has('.')(text));
        if (both.Count > 0)
        {
            return both.Count(text => text.LastIndexOf(',') > text.LastIndexOf('.')) > both.Count / 2
                ? Comma(points: true)
                : new((byte)'.', (byte)',');
        }

        // The more frequent character in prices is the decimal point. If prices have only commas, each before three digits, the delimiter
        // decides: files with a decimal comma use another delimiter than the comma.
        var (commas, points) = (prices.FindAll(Has(',')).Count, prices.FindAll(Has('.')).Count);
        var thousands = values.TrueForAll(text => !Has(',')(text) || Thousands().IsMatch(text));
        if (commas == 0 || points > commas || (points == 0 && thousands && _delimiter == ','))
        {
            return thousands ? new((byte)'.', (byte)',') : NumberStyle.Plain;
        }

        return Comma(values.Exists(Has('.')));

        static Predicate<string> Has(char mark) => text => text.Contains(mark, StringComparison.Ordinal);
    }

    private NumberStyle Comma(bool points)
    {
        _notes.Add("Numbers have a decimal comma.");
        return new((byte)',', points ? (byte)'.' : (byte)0);
    }

    /// <summary>Reads the sampled times: whether they descend, whether one has no offset, and whether one has a time of day.</summary>
    private (bool Descending, bool NoOffset, bool TimeOfDay) ScanTimes(TimeReader times)
    {
        long? first = null,
            last = null;
        bool noOffset = false,
            timeOfDay = false;
        var until = Math.Max(Math.Max(this[Role.Time], this[Role.Date]), this[Role.Symbol]);
        var symbol = this[Role.Symbol] >= 0 && _rows[0].Length > this[Role.Symbol] ? _rows[0][this[Role.Symbol]] : null;
        foreach (var row in _rows.Where(fields => fields.Length > until && (symbol is null || fields[this[Role.Symbol]] == symbol)))
        {
            var time = Encoding.UTF8.GetBytes(row[this[Role.Time]]);
            if (
                this[Role.Date] < 0
                    ? times.TryRead(time, out var timestamp)
                    : times.TryRead(Encoding.UTF8.GetBytes(row[this[Role.Date]]), time, out timestamp)
            )
            {
                first ??= timestamp.Local;
                last = timestamp.Local;
                noOffset |= timestamp.Offset == TimestampParts.NoOffset;
                timeOfDay |= timestamp.OfDay != 0;
            }
        }

        return (last < first, noOffset, timeOfDay);
    }

    /// <summary>
    /// Whether the prices look like LEAN's prices of stocks: whole numbers without a header, under a name of LEAN or after times as LEAN
    /// writes them in hourly and daily files.
    /// </summary>
    private bool HasScaledPrices()
    {
        var prices = Prices.SelectMany(Values).Where(text => text.Length > 0).ToList();
        return _header.Length == 0
            && _options.PriceScale == 1
            && prices.Count > 0
            && prices.TrueForAll(text => text.All(char.IsAsciiDigit))
            && (
                _name.MayBeScaled
                ?? (prices.TrueForAll(text => text.Length >= 4) && Values(Role.Time).TrueForAll(text => LeanTime().IsMatch(text)))
            );
    }

    private List<string> Values(Role role) =>
        this[role] < 0 ? [] : [.. _rows.Where(fields => fields.Length > this[role]).Select(fields => fields[this[role]])];

    private static bool IsClock(string text) =>
        text.Length > 0
        && text.All(char.IsAsciiDigit)
        && int.Parse(text.PadRight(6, '0')[..6], CultureInfo.InvariantCulture) is var number
        && (
            text.Length > 4
                ? number / 10_000 < 24 && number / 100 % 100 < 60
                : int.Parse(text, CultureInfo.InvariantCulture) / 100 < 24 && int.Parse(text, CultureInfo.InvariantCulture) % 100 < 60
        );

    private static bool IsNumber(string text) =>
        FixedPoint.Parse(Encoding.UTF8.GetBytes(text), NumberStyle.Plain, suffixes: true, out _)
            is not (NumberFault.NotANumber or NumberFault.Empty)
        || FixedPoint.Parse(Encoding.UTF8.GetBytes(text), new((byte)',', (byte)'.'), suffixes: true, out _)
            is not (NumberFault.NotANumber or NumberFault.Empty);

    private static string Text(Role role) => role.ToString().ToLowerInvariant();

    private static string Listed(string[] fields) =>
        string.Join(", ", fields.Take(40).Select(field => $"'{(field.Length > 40 ? field[..40] + "…" : field)}'"));

    [GeneratedRegex("^[0-9]+\\.\\s+", RegexOptions.None, 1000)]
    private static partial Regex Numbered();

    [GeneratedRegex("^[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?( ?[AaPp][Mm])?$", RegexOptions.None, 1000)]
    private static partial Regex ClockOnly();

    [GeneratedRegex("^[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([^0-9]|$)", RegexOptions.None, 1000)]
    private static partial Regex YearFirst();

    [GeneratedRegex("^(?<day>[0-9]{8})(([0-9]{4}|[0-9]{6}|[0-9]{9})|[ T,].*)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CompactDate();

    [GeneratedRegex(
        "^(?<first>[0-9]{1,2})(?<mark>[-/.])(?<second>[0-9]{1,2})\\k<mark>[0-9]{4}([^0-9]|$)",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex SlashDate();

    [GeneratedRegex("^([0-9]{1,2}[- /])?[A-Za-z]{3,9}\\.?[- /,]", RegexOptions.None, 1000)]
    private static partial Regex NamedDate();

    [GeneratedRegex("^[0-9]{8} [0-9]{2}:[0-9]{2}$", RegexOptions.None, 1000)]
    private static partial Regex LeanTime();

    [GeneratedRegex("^[-+$]?[0-9]{1,3}(,[0-9]{3})+[KMBkmb]?$", RegexOptions.None, 1000)]
    private static partial Regex Thousands();
}
