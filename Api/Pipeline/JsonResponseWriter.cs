using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Wyckoff.Api.Pipeline;

/// <summary>
/// Streams a JSON response while it is written. Before the first part is sent, the response can be restarted or replaced by a problem;
/// after that, a failure aborts the connection.
/// </summary>
public sealed class JsonResponseWriter(HttpResponse response)
{
    private const int PartSize = 32 * 1024;

    // Responses are never embedded in HTML, so only the escapes that JSON requires are needed.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(2 * PartSize);

    public Utf8JsonWriter Writer => field ??= new(_buffer, Options);

    /// <summary>Discards everything written so far.</summary>
    public void Restart()
    {
        if (response.HasStarted)
        {
            throw new InvalidOperationException("A part of the response is already sent.");
        }

        _buffer.ResetWrittenCount();
        Writer.Reset(_buffer);
    }

    /// <summary>Sends the buffer if it holds a full part.</summary>
    public ValueTask SendFullAsync(CancellationToken cancellationToken) =>
        Writer.BytesPending + _buffer.WrittenCount < PartSize ? ValueTask.CompletedTask : SendAsync(cancellationToken);

    /// <summary>Sends the buffer.</summary>
    public async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        await Writer.FlushAsync(cancellationToken);
        if (!response.HasStarted)
        {
            response.ContentType = "application/json; charset=utf-8";
        }

        await response.BodyWriter.WriteAsync(_buffer.WrittenMemory, cancellationToken);
        _buffer.ResetWrittenCount();
    }
}
