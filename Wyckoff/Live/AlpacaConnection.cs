using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json;

namespace Wyckoff.Live;

/// <summary>An authenticated connection to Alpaca's market-data stream. One caller may receive at a time; sending is thread-safe.</summary>
internal sealed class AlpacaConnection : IAsyncDisposable
{
    private const int LargestMessage = 16 * 1024 * 1024;

    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);

    private AlpacaConnection()
    {
        // Detects a dead connection while no receive is pending; otherwise the heartbeat of LiveStream detects it.
        _socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(15);
        _socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(20);
        _socket.Options.CollectHttpResponseDetails = true;
    }

    /// <summary>Connects and authenticates.</summary>
    /// <exception cref="LiveStreamException">The connection failed or was refused.</exception>
    public static async Task<AlpacaConnection> OpenAsync(LiveStreamOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var connection = new AlpacaConnection();
        try
        {
            await connection.HandshakeAsync(options, time, cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
        catch (Exception e) when (IsLoss(e, cancellationToken))
        {
            throw new LiveStreamException("the connection was lost while sending: " + e.Message, inner: e);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Receives the next message, which may consist of several WebSocket frames.</summary>
    public async Task ReceiveAsync(AlpacaFrame frame, CancellationToken cancellationToken)
    {
        var length = 0;
        while (true)
        {
            ValueWebSocketReceiveResult received;
            try
            {
                received = await _socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken);
            }
            catch (Exception e) when (IsLoss(e, cancellationToken))
            {
                throw new LiveStreamException("the connection was lost: " + e.Message, inner: e);
            }

            if (received.MessageType == WebSocketMessageType.Close)
            {
                throw new LiveStreamException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the server closed the connection ({(int?)_socket.CloseStatus} {_socket.CloseStatusDescription})"
                    )
                );
            }

            length += received.Count;
            if (received.EndOfMessage)
            {
                break;
            }

            if (length == _buffer.Length)
            {
                Grow();
            }
        }

        try
        {
            frame.Read(_buffer.AsSpan(0, length));
        }
        catch (JsonException e)
        {
            throw new LiveStreamException("the server sent an invalid message: " + e.Message, inner: e);
        }
    }

    /// <summary>Sends the close frame. A connection that is already lost is ignored.</summary>
    public async Task CloseAsync(TimeSpan timeout, TimeProvider time)
    {
        using var timeoutSource = new CancellationTokenSource(timeout, time);
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, timeoutSource.Token);
        }
        catch (Exception e) when (IsLoss(e, CancellationToken.None))
        {
            // The connection is disposed of next anyway.
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _sending.Dispose();
        ArrayPool<byte>.Shared.Return(Interlocked.Exchange(ref _buffer, []));
        return ValueTask.CompletedTask;
    }

    public static LiveStreamException Error(AlpacaControl error) =>
        new(
            string.Create(CultureInfo.InvariantCulture, $"{error.Code} {error.Text}"),
            error.Code switch
            {
                406 => LiveStreamFault.Limit,
                401 or 402 or 409 => LiveStreamFault.Refused,
                _ => LiveStreamFault.Lost,
            }
        );

    private async Task HandshakeAsync(LiveStreamOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeoutSource = new CancellationTokenSource(options.Timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeoutSource.Token, cancellationToken);
        try
        {
            await _socket.ConnectAsync(options.Url, linked.Token);
            var frame = new AlpacaFrame();
            await ExpectAsync("connected", frame, linked.Token);
            await SendAsync(AlpacaCommands.Authenticate(options.Key, options.Secret), linked.Token);
            await ExpectAsync("authenticated", frame, linked.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LiveStreamException(
                string.Create(CultureInfo.InvariantCulture, $"no answer from {options.Url.Host} within {options.Timeout.TotalSeconds} s"),
                inner: e
            );
        }
        catch (WebSocketException e)
        {
            var fault = _socket.HttpStatusCode switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => LiveStreamFault.Refused,
                HttpStatusCode.TooManyRequests => LiveStreamFault.Limit,
                _ => LiveStreamFault.Lost,
            };
            var reason =
                _socket.HttpStatusCode == 0
                    ? e.InnerException?.Message ?? e.Message
                    : string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)_socket.HttpStatusCode}");
            throw new LiveStreamException($"{options.Url.Host} refuses the connection: {reason}", fault, e);
        }
    }

    private async Task ExpectAsync(string expected, AlpacaFrame frame, CancellationToken cancellationToken)
    {
        while (true)
        {
            await ReceiveAsync(frame, cancellationToken);
            foreach (var control in frame.Controls)
            {
                if (control.Kind == AlpacaControlKind.Error)
                {
                    throw Error(control);
                }

                if (control.Kind == AlpacaControlKind.Success && control.Text == expected)
                {
                    return;
                }
            }
        }
    }

    private void Grow()
    {
        if (_buffer.Length >= LargestMessage)
        {
            throw new LiveStreamException($"the server sent a message of more than {LargestMessage / 1024 / 1024} MB");
        }

        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    // An aborted socket, for example after a keep-alive timeout, throws any of these.
    private static bool IsLoss(Exception e, CancellationToken cancellationToken) =>
        e is WebSocketException or IOException or InvalidOperationException
        || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
