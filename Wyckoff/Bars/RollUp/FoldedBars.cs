using System.Buffers;

namespace Wyckoff.Bars.RollUp;

/// <summary>
/// A list of bars folded from finer ones, with their quality. It consists of small rented arrays, because one array would be allocated on
/// the large object heap in every transaction.
/// </summary>
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
