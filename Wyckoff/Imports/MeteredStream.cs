using System.Security.Cryptography;

namespace Wyckoff.Imports;

/// <summary>A forward-only stream that counts the bytes read, optionally hashes them, and allows peeking at its beginning.</summary>
internal sealed class MeteredStream(Stream inner, bool hash = false) : Stream
{
    private readonly IncrementalHash? _hash = hash ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    private byte[] _head = [];
    private int _headPosition;
    private long _count;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => Interlocked.Read(ref _count);
        set => throw new NotSupportedException();
    }

    /// <summary>Returns the first bytes without consuming them; fewer if the stream is shorter.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PeekAsync(int count, CancellationToken cancellationToken)
    {
        if (_head.Length > 0)
        {
            return _head;
        }

        _head = new byte[count];
        var length = await inner.ReadAtLeastAsync(_head, count, throwOnEndOfStream: false, cancellationToken);
        _head = _head[..length];
        return _head;
    }

    public byte[] Hash() => _hash?.GetCurrentHash() ?? [];

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        TakeHead(buffer.Span) is > 0 and var taken ? taken : Count(await inner.ReadAsync(buffer, cancellationToken), buffer);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer) => TakeHead(buffer) is > 0 and var taken ? taken : Count(inner.Read(buffer), buffer);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash?.Dispose();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int TakeHead(Span<byte> buffer)
    {
        var length = Math.Min(buffer.Length, _head.Length - _headPosition);
        _head.AsSpan(_headPosition, length).CopyTo(buffer);
        _headPosition += length;
        return Count(length, buffer);
    }

    private int Count(int length, Memory<byte> buffer) => Count(length, buffer.Span);

    private int Count(int length, Span<byte> buffer)
    {
        _hash?.AppendData(buffer[..length]);
        Interlocked.Add(ref _count, length);
        return length;
    }
}
