using System.IO.Pipelines;
using System.Text;
using Wyckoff.Bars.Reading;
using Wyckoff.Imports.Parquet;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Bars;

/// <summary>Bars as a Parquet file: the columns of an export, in the types of the database.</summary>
internal sealed class ParquetBody(BarQuery query, PipeWriter output, Symbol symbol) : BarBody(query.Count)
{
    private static readonly Dictionary<BarFields, ParquetColumn> Types = new()
    {
        [BarFields.Open] = ParquetColumn.Decimal("open", 18, 8) with { Nullable = true },
        [BarFields.High] = ParquetColumn.Decimal("high", 18, 8) with { Nullable = true },
        [BarFields.Low] = ParquetColumn.Decimal("low", 18, 8) with { Nullable = true },
        [BarFields.Close] = ParquetColumn.Decimal("close", 18, 8) with { Nullable = true },
        [BarFields.Volume] = ParquetColumn.Decimal("volume", 28, 8) with { Nullable = true },
        [BarFields.TradeCount] = ParquetColumn.Int32("trade_count") with { Nullable = true },
        [BarFields.Vwap] = ParquetColumn.Decimal("vwap", 18, 8) with { Nullable = true },
        [BarFields.Spread] = ParquetColumn.Decimal("spread", 18, 8) with { Nullable = true },
        [BarFields.SpreadRatio] = ParquetColumn.Decimal("spread_ratio", 10, 4) with { Nullable = true },
        [BarFields.VolumeRatio] = ParquetColumn.Decimal("volume_ratio", 10, 4) with { Nullable = true },
        [BarFields.LowHistory] = ParquetColumn.Boolean("low_history") with { Nullable = true },
        [BarFields.Source] = ParquetColumn.Text("source") with { Nullable = true },
        [BarFields.QualityScore] = ParquetColumn.Decimal("quality_score", 3, 2) with { Nullable = true },
    };

    private readonly BarFields[] _fields = [.. BarColumns.Of(query.Fields).Select(column => column.Field)];
    private readonly List<BarRow> _rows = [];
    private ParquetWriter? _writer;

    private ParquetWriter Writer =>
        _writer ??= new(
            output.AsStream(leaveOpen: true),
            [
                ParquetColumn.Text("symbol"),
                ParquetColumn.Text("timeframe"),
                ParquetColumn.Timestamp("timestamp"),
                .. _fields.Select(one => Types[one]),
                .. query.Fill == GapFill.None ? Array.Empty<ParquetColumn>() : [ParquetColumn.Boolean("filled")],
            ]
        );

    public override async ValueTask EndAsync(string? next, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        await Writer.FinishAsync(cancellationToken);
    }

    public override async ValueTask<bool> FlushAsync(CancellationToken cancellationToken)
    {
        foreach (var row in _rows)
        {
            Add(row);
            await Writer.EndRowAsync(cancellationToken);
        }

        _rows.Clear();
        return true;
    }

    public override void Dispose() => _writer?.Dispose();

    protected override void Write(in BarRow row) => _rows.Add(row);

    private new void Add(in BarRow row)
    {
        var column = 0;
        Writer.Add(column++, symbol.Value);
        Writer.Add(column++, query.Period.Name);
        Writer.Add(column++, row.Time);
        foreach (var field in _fields)
        {
            if (row.Empty)
            {
                Writer.AddNull(column++);
                continue;
            }

            switch (field)
            {
                case BarFields.Open:
                    Writer.AddUnscaled(column++, row.Open);
                    break;
                case BarFields.High:
                    Writer.AddUnscaled(column++, row.High);
                    break;
                case BarFields.Low:
                    Writer.AddUnscaled(column++, row.Low);
                    break;
                case BarFields.Close:
                    Writer.AddUnscaled(column++, row.Close);
                    break;
                case BarFields.Volume:
                    Writer.AddUnscaled(column++, row.Volume);
                    break;
                case BarFields.TradeCount when row.TradeCount != BarRow.Null:
                    Writer.Add(column++, (int)row.TradeCount);
                    break;
                case BarFields.LowHistory when !row.Filled:
                    Writer.Add(column++, row.LowHistory);
                    break;
                case BarFields.Source when row.Source is not null:
                    Writer.Add(column++, Encoding.UTF8.GetString(row.Source));
                    break;
                case BarFields.Vwap:
                    Unscaled(column++, row.Vwap, 1);
                    break;
                case BarFields.Spread:
                    Unscaled(column++, row.Spread, 1);
                    break;
                case BarFields.SpreadRatio:
                    Unscaled(column++, row.Filled ? BarRow.Null : row.SpreadRatio, 10_000);
                    break;
                case BarFields.VolumeRatio:
                    Unscaled(column++, row.Filled ? BarRow.Null : row.VolumeRatio, 10_000);
                    break;
                case BarFields.QualityScore:
                    Unscaled(column++, row.QualityScore, 1_000_000);
                    break;
                default:
                    Writer.AddNull(column++);
                    break;
            }
        }

        if (query.Fill != GapFill.None)
        {
            Writer.Add(column, row.Filled);
        }
    }

    private void Unscaled(int column, long amount, long divisor)
    {
        if (amount == BarRow.Null)
        {
            Writer.AddNull(column);
        }
        else
        {
            Writer.AddUnscaled(column, amount / divisor);
        }
    }
}
