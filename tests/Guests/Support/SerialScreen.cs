using System.Text;

namespace Tcg.Mttcg.Guests.Tests.Support;

/// <summary>What a text terminal of 80 columns shows after some output: cursor addressing and clearing, no colours.</summary>
internal sealed class SerialScreen
{
    private const int Rows = 25, Columns = 80;
    private const char Escape = '\e';
    private readonly char[,] _cells = new char[Rows, Columns];
    private int _row, _column;

    public SerialScreen(string output)
    {
        Clear();
        for (var at = 0; at < output.Length;)
        {
            if (output[at] == Escape && at + 1 < output.Length && output[at + 1] == '[') at = Control(output, at + 2);
            else Put(output[at++]);
        }
    }

    public string Text
    {
        get
        {
            var text = new StringBuilder();
            for (var row = 0; row < Rows; row++)
            {
                for (var column = 0; column < Columns; column++) text.Append(_cells[row, column]);
                text.Append('\n');
            }
            return text.ToString();
        }
    }

    private void Put(char value)
    {
        switch (value)
        {
            case '\r': _column = 0; break;
            case '\n': _row = Math.Min(_row + 1, Rows - 1); break;
            case >= ' ' when _column < Columns: _cells[_row, _column++] = value; break;
        }
    }

    // A sequence that is cut off shows nothing.
    private int Control(string output, int at)
    {
        var start = at;
        while (at < output.Length && !char.IsAsciiLetter(output[at])) at++;
        if (at == output.Length) return at;
        var numbers = output[start..at].Split(';');
        switch (output[at])
        {
            case 'H':
                _row = Math.Clamp(Number(numbers, 0) - 1, 0, Rows - 1);
                _column = Math.Clamp(Number(numbers, 1) - 1, 0, Columns - 1);
                break;
            case 'J':
                Clear();
                break;
        }
        return at + 1;
    }

    private static int Number(string[] numbers, int index) => index < numbers.Length && int.TryParse(numbers[index], out var number) ? number : 1;

    private void Clear()
    {
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++) _cells[row, column] = ' ';
        }
    }
}
