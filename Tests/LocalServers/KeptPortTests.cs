using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.LocalServers;

public sealed class KeptPortTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("wyckoff-port").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string KeptIn => Path.Combine(_folder, "postgres.port");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_port_is_kept_also_while_the_server_before_is_still_ending()
    {
        var first = PortOwner.PickFree();
        Assert.Equal(first, await KeptPort.ChooseAsync(KeptIn, first, _ => { }, Token));

        using var ending = new TcpListener(IPAddress.Loopback, first);
        ending.Start();
        var said = Channel.CreateUnbounded<string>();
        var again = KeptPort.ChooseAsync(KeptIn, first, line => said.Writer.TryWrite(line), Token);
        Assert.Contains("waiting for it to end", await said.Reader.ReadAsync(Token), StringComparison.Ordinal);
        Assert.False(again.IsCompleted);
        ending.Stop();
        Assert.Equal(first, await again);
        Assert.False(said.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_port_that_somebody_else_keeps_is_left_to_him_and_said()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var taken = ((IPEndPoint)other.LocalEndpoint).Port;
        await File.WriteAllTextAsync(KeptIn, taken.ToString(CultureInfo.InvariantCulture), Token);
        var said = new List<string>();
        var port = await KeptPort.ChooseAsync(KeptIn, taken, said.Add, Token);
        Assert.NotEqual(taken, port);
        Assert.Equal(2, said.Count);
        Assert.Contains($"postgres moves to port {port}", said[1], StringComparison.Ordinal);
        Assert.Equal($"{port}", await File.ReadAllTextAsync(KeptIn, Token));
    }
}
