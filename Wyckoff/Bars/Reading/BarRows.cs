using System.Buffers;

namespace Wyckoff.Bars.Reading;

/// <summary>Keeps the last <paramref name="most"/> bars that are added, in arrays from a pool.</summary>
public sealed class BarRows(int most) : IBarSink, IDisposable
{
    private const int Piece = 512;
    private readonly List<BarRow[]> _pieces = [];
    private long _added;

    public int Count => (int)Math.Min(_added, most);

    /// <summary>The bars in the order in which they were added.</summary>
    public ref BarRow this[int index] => ref At((_added - Count + index) % most);

    public void Add(in BarRow row)
    {
        var place = _added++ % most;
        if (place / Piece == _pieces.Count)
        {
            _pieces.Add(ArrayPool<BarRow>.Shared.Rent(Piece));
        }

        At(place) = row;
    }

    public void End() { }

    /// <summary>Reverses the order of bars that were added newest first.</summary>
    public void Reverse()
    {
        for (int low = 0, high = Count - 1; low < high; low++, high--)
        {
            (this[low], this[high]) = (this[high], this[low]);
        }
    }

    public void Clear() => _added = 0;

    public void Dispose()
    {
        // The arrays refer to source names, which would stay in memory with the pool.
        _pieces.ForEach(piece => ArrayPool<BarRow>.Shared.Return(piece, clearArray: true));
        _pieces.Clear();
        _added = 0;
    }

    private ref BarRow At(long place) => ref _pieces[(int)(place / Piece)][place % Piece];
}
