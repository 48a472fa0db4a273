namespace Wyckoff.Imports.Opening;

/// <summary>Reading reached the end of a <see cref="HeadStream"/>, but not that of the file.</summary>
internal sealed class HeadEndException() : IOException("Only the beginning of the file is read.");

/// <summary>
/// The beginning of a stream. Reading beyond it throws <see cref="HeadEndException"/> instead of ending the stream: the head may end in
/// the middle of a row, and half a row must not be taken for a whole one.
/// </summary>
internal sealed class HeadStream(Stream inner, long length) : Stream
{
    private long _left = length;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await inner.ReadAsync(Room(buffer), cancellationToken));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(Room(buffer.AsMemory(offset, count)).Span));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    // One byte more than the head is asked for: it tells whether the file goes on.
    private Memory<byte> Room(Memory<byte> buffer) => buffer[..(int)Math.Min(buffer.Length, Math.Max(_left, 1))];

    private int Count(int read)
    {
        if (read > _left)
        {
            throw new HeadEndException();
        }

        _left -= read;
        return read;
    }
}
