using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Wyckoff.Benchmarks.Load;

/// <summary>
/// A keep-alive connection that sends prepared requests and allocates nothing per request. An HttpClient would use more processor time than
/// the server it measures.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly HttpAnswer _answer = new();

    private HttpConnection() { }

    public static async Task<HttpConnection> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var connection = new HttpConnection();
        try
        {
            await connection._socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static byte[] Get(string path, string accept = "application/json", string? key = null) =>
        Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n"
                + (key is null ? "\r\n" : $"Authorization: Bearer {key}\r\n\r\n")
        );

    /// <summary>Sends a request, reads the whole response and returns the length of its body.</summary>
    public async ValueTask<long> ExchangeAsync(
        ReadOnlyMemory<byte> request,
        HttpAnswer.BodyPiece? body,
        CancellationToken cancellationToken,
        int expected = 200
    )
    {
        _answer.Begin();
        _answer.Body = body;
        for (var sent = 0; sent < request.Length; )
        {
            sent += await _socket.SendAsync(request[sent..], SocketFlags.None, cancellationToken);
        }

        int received;
        do
        {
            received = await _socket.ReceiveAsync(_buffer, SocketFlags.None, cancellationToken);
            if (received == 0)
            {
                throw new InvalidOperationException("The connection ended before the response did.");
            }
        } while (!_answer.Feed(_buffer.AsSpan(0, received)));
        return _answer.Status == expected
            ? _answer.BodyLength
            : throw new InvalidOperationException($"{_answer.Status} to: {Encoding.ASCII.GetString(request.Span).Split('\r')[0]}");
    }

    public void Dispose() => _socket.Dispose();
}
