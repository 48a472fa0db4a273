using System.Buffers;

namespace Wyckoff.Bars.RollUp;

/// <summary>Bars that were folded from finer ones, and their quality. In borrowed pieces: one array of them would be a large object, and each transaction would leave some behind.</summary>
internal sealed class FoldedBars : IDisposable
{
    private const int Piece = 512;
    private readonly List<(IncomingBar Bar, int Quality)[]> _pieces = [];

    public int Count { get; private set; }

    public ref readonly (IncomingBar Bar, int Quality) this[int index] => ref _pieces[index / Piece][index % Piece];

    public void Add(in IncomingBar bar, int quality)
    {
        if (Count == _pieces.Count * Piece)
        {
            _pieces.Add(ArrayPool<(IncomingBar, int)>.Shared.Rent(Piece));
        }

        _pieces[^1][Count++ % Piece] = (bar, quality);
    }

    public void Dispose()
    {
        _pieces.ForEach(piece => ArrayPool<(IncomingBar, int)>.Shared.Return(piece));
        _pieces.Clear();
        Count = 0;
    }
}
