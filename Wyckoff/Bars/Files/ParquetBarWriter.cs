using System.Text;
using Wyckoff.Bars.Reading;
using Wyckoff.Parquet;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Files;

/// <summary>
/// Writes bars as Parquet. The columns have the types of the database: prices are DECIMAL(18,8), volumes DECIMAL(28,8), times are
/// instants in microseconds.
/// </summary>
public sealed class ParquetBarWriter : BarFileWriter
{
    private readonly BarFields[] _fields;
    private readonly bool _flagged;
    private readonly ParquetWriter _writer;

    // Adding a bar is synchronous and ending a row is not, so bars wait here for FlushAsync.
    private readonly List<BarRow> _pending = [];
    private string _symbol = "";
    private string _timeframe = "";
    private byte[]? _sourceBytes;
    private string _source = "";

    /// <summary>Creates a writer to a stream, which stays open.</summary>
    /// <param name="output">Receives the file.</param>
    /// <param name="fields">Fields to write.</param>
    /// <param name="flagged">Add the column <c>filled</c>: whether the bar fills a gap. All fields are nullable then.</param>
    /// <param name="codec">Compression of the pages.</param>
    /// <param name="rowsPerGroup">Rows of a row group, which memory holds.</param>
    public ParquetBarWriter(
        Stream output,
        BarFields fields,
        bool flagged = false,
        ParquetCodec codec = ParquetCodec.Snappy,
        int rowsPerGroup = ParquetWriter.DefaultRowsPerGroup
    )
    {
        (_fields, _flagged) = ([.. BarColumns.Of(fields).Select(column => column.Field)], flagged);
        _writer = new(
            output,
            [
                ParquetColumn.Text("symbol"),
                ParquetColumn.Text("timeframe"),
                ParquetColumn.Timestamp("timestamp"),
                .. BarColumns.Of(fields).Select(column => Column(column.Field, column.Column, flagged)),
                .. flagged ? [ParquetColumn.Boolean("filled")] : Array.Empty<ParquetColumn>(),
            ],
            codec,
            rowsPerGroup
        );
    }

    public override void Begin(Symbol symbol, BarPeriod period)
    {
        if (_pending.Count > 0)
        {
            throw new InvalidOperationException("Bars of the symbol before have not been flushed.");
        }

        (_symbol, _timeframe) = (symbol.Value, period.Name);
    }

    public override void Add(in BarRow row) => _pending.Add(row);

    public override async ValueTask<bool> FlushAsync(CancellationToken cancellationToken)
    {
        foreach (var row in _pending)
        {
            Write(row);
            await _writer.EndRowAsync(cancellationToken);
        }

        _pending.Clear();
        return true;
    }

    public override async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        await _writer.FinishAsync(cancellationToken);
    }

    protected override void Dispose(bool disposing) => _writer.Dispose();

    // A column is nullable if the database has NULL in it, or if bars that fill gaps have.
    private static ParquetColumn Column(BarFields field, string name, bool flagged)
    {
        var column = field switch
        {
            BarFields.Volume => ParquetColumn.Decimal(name, 28, 8),
            BarFields.TradeCount => ParquetColumn.Int32(name),
            BarFields.SpreadRatio or BarFields.VolumeRatio => ParquetColumn.Decimal(name, 10, 4),
            BarFields.LowHistory => ParquetColumn.Boolean(name),
            BarFields.Source => ParquetColumn.Text(name),
            BarFields.QualityScore => ParquetColumn.Decimal(name, 3, 2),
            _ => ParquetColumn.Decimal(name, 18, 8),
        };
        return column with { Nullable = flagged || field is BarFields.TradeCount or BarFields.Vwap or BarFields.QualityScore };
    }

    private void Write(in BarRow row)
    {
        var column = 0;
        _writer.Add(column++, _symbol);
        _writer.Add(column++, _timeframe);
        _writer.Add(column++, row.Time);
        foreach (var field in _fields)
        {
            Write(column++, field, row);
        }

        if (_flagged)
        {
            _writer.Add(column, row.Filled);
        }
    }

    private void Write(int column, BarFields field, in BarRow row)
    {
        var isNull =
            row.Empty
            || (row.Filled && field is BarFields.SpreadRatio or BarFields.VolumeRatio or BarFields.LowHistory or BarFields.Source);
        switch (field)
        {
            case var _ when isNull:
            case BarFields.TradeCount when row.TradeCount == BarRow.Null:
                _writer.AddNull(column);
                break;
            case BarFields.Open:
                _writer.AddUnscaled(column, row.Open);
                break;
            case BarFields.High:
                _writer.AddUnscaled(column, row.High);
                break;
            case BarFields.Low:
                _writer.AddUnscaled(column, row.Low);
                break;
            case BarFields.Close:
                _writer.AddUnscaled(column, row.Close);
                break;
            case BarFields.Volume:
                _writer.AddUnscaled(column, row.Volume);
                break;
            case BarFields.TradeCount:
                _writer.Add(column, (int)row.TradeCount);
                break;
            case BarFields.Vwap:
                Amount(column, row.Vwap, 1);
                break;
            case BarFields.Spread:
                Amount(column, row.Spread, 1);
                break;
            case BarFields.SpreadRatio:
                Amount(column, row.SpreadRatio, 10_000);
                break;
            case BarFields.VolumeRatio:
                Amount(column, row.VolumeRatio, 10_000);
                break;
            case BarFields.LowHistory:
                _writer.Add(column, row.LowHistory);
                break;
            case BarFields.Source:
                _writer.Add(column, SourceOf(row));
                break;
            case BarFields.QualityScore:
                Amount(column, row.QualityScore, 1_000_000);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(field), field, null);
        }
    }

    // The amounts of a bar have eight decimal places; the divisor reduces them to those of the column.
    private void Amount(int column, long amount, long divisor)
    {
        if (amount == BarRow.Null)
        {
            _writer.AddNull(column);
        }
        else
        {
            _writer.AddUnscaled(column, amount / divisor);
        }
    }

    // Consecutive bars of one source share its bytes.
    private string SourceOf(in BarRow row)
    {
        if (!ReferenceEquals(row.Source, _sourceBytes))
        {
            (_sourceBytes, _source) = (row.Source, Encoding.UTF8.GetString(row.Source ?? []));
        }

        return _source;
    }
}
