using System.IO.Pipelines;
using System.Text;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Files;

/// <summary>Writes bars as CSV: a header, then a line per bar.</summary>
public sealed class CsvBarWriter : BarFileWriter
{
    private const int FlushSize = 32 * 1024;
    private readonly PipeWriter _output;
    private readonly bool _ownsPipe;
    private readonly BarFields _fields;
    private readonly bool _flagged;
    private readonly TimeZoneInfo? _zone;
    private BarText? _text;
    private bool _needsHeader;
    private int _unflushed;

    /// <summary>Creates a writer to a stream, which stays open.</summary>
    public CsvBarWriter(Stream output, BarFields fields)
        : this(PipeWriter.Create(output, new(minimumBufferSize: 2 * FlushSize, leaveOpen: true)), fields, flagged: false) =>
        _ownsPipe = true;

    /// <summary>Creates a writer to a pipe, which the caller completes.</summary>
    /// <param name="output">Receives UTF-8.</param>
    /// <param name="fields">Fields to write.</param>
    /// <param name="flagged">Add the column <c>filled</c>: whether the bar fills a gap.</param>
    /// <param name="zone">Time zone of the timestamps; null for UTC.</param>
    /// <param name="header">Begin with the header.</param>
    public CsvBarWriter(PipeWriter output, BarFields fields, bool flagged, TimeZoneInfo? zone = null, bool header = true) =>
        (_output, _fields, _flagged, _zone, _needsHeader) = (output, fields, flagged, zone, header);

    public override void Begin(Symbol symbol, BarPeriod period)
    {
        if (_needsHeader)
        {
            Encoding.UTF8.GetBytes(BarText.CsvHeader(_fields, _flagged), _output);
            _needsHeader = false;
        }

        _text = BarText.Csv(symbol.Value, period, _fields, _flagged, _zone);
    }

    public override void Add(in BarRow row)
    {
        var length = _text!.Write(_output.GetSpan(BarText.Longest), row);
        _output.Advance(length);
        _unflushed += length;
    }

    public override async ValueTask<bool> FlushAsync(CancellationToken cancellationToken)
    {
        if (_unflushed < FlushSize)
        {
            return true;
        }

        _unflushed = 0;
        return await _output.FlushAsync(cancellationToken) is { IsCompleted: false, IsCanceled: false };
    }

    public override async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        if (_ownsPipe)
        {
            await _output.FlushAsync(cancellationToken);
            await _output.CompleteAsync();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (_ownsPipe)
        {
            // After FinishAsync this does nothing. Before, the exception keeps the incomplete rest from being written.
            _output.Complete(new OperationCanceledException());
        }
    }
}
