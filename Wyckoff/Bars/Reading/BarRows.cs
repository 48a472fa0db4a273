using System.Buffers;

namespace Wyckoff.Bars.Reading;

/// <summary>The newest so many of the bars that are added, in borrowed pieces.</summary>
public sealed class BarRows(int most) : IBarSink, IDisposable
{
    private const int Piece = 512;
    private readonly List<BarRow[]> _pieces = [];
    private long _added;

    public int Count => (int)Math.Min(_added, most);

    /// <summary>Oldest first.</summary>
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

    /// <summary>What was added newest first is now oldest first.</summary>
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
        // A source's name would otherwise be kept by whoever borrows next.
        _pieces.ForEach(piece => ArrayPool<BarRow>.Shared.Return(piece, clearArray: true));
        _pieces.Clear();
        _added = 0;
    }

    private ref BarRow At(long place) => ref _pieces[(int)(place / Piece)][place % Piece];
}
