using System.Runtime.InteropServices;
using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>
/// One lookup for a group of accesses. If it fails, for a TLB miss or because a page ends between them, the whole stretch of operations runs in a
/// copy out of line, access by access, and comes back behind the last.
/// </summary>
internal sealed unsafe partial class Lowerer
{
    private readonly AccessGroups _groups = new();

    /// <summary>Off in the copies out of line.</summary>
    private bool _grouping;

    /// <summary>The group whose host address RDX holds, and the path to take when its lookup fails; -1: none.</summary>
    private int _openGroup;
    private int _groupPath;

    /// <summary>The current access lies at RDX plus this.</summary>
    private int _hostOffset;

    private HostMem HostOperand => HostMem.At(Reg.Rdx, _hostOffset);

    /// <summary>True: the access is served by its group's lookup.</summary>
    private bool LookupInGroup()
    {
        var number = _grouping ? _groups.Of(_index) : -1;
        if (number < 0) return false;
        var group = _groups[number];
        if (_index == group.First)
        {
            var address = _block.Addresses[Current.Mem];
            address.Displacement += group.Low;
            FlagsBeforeFault();
            LinearAddress(address);
            _groupPath = _cold.Count;
            if (address.Alignment != 0)
            {
                // All members have the alignment of the first.
                if ((group.Low & (address.Alignment - 1)) != 0) throw new InvalidOperationException("an aligned group begins at an odd distance");
                _w.Test(OpSize.B8, Reg.Rdx, address.Alignment - 1);
                AddCold(ColdKind.Group, _w.Jump(Condition.Ne));
            }
            EmitLookup(group.Kind, group.High - group.Low);
            AddCold(ColdKind.Group, _w.Jump(Condition.A));
            EmitAddHostPage();
            _openGroup = number;
        }
        _hostOffset = _groups.Distance(_index) - group.Low;
        return true;
    }

    /// <summary>After each operation: behind the last of the open group its slow paths come back.</summary>
    private void CloseGroup()
    {
        if (_openGroup < 0 || _index != _groups[_openGroup].Last) return;
        var paths = CollectionsMarshal.AsSpan(_cold);
        for (var i = _groupPath; i < paths.Length; i++)
        {
            if (paths[i].Kind != ColdKind.Group) continue;
            paths[i].Resume = _w.Position;
            paths[i].ResumeResident = _resident;
            paths[i].ResumeSaved = _saved;
        }
        _openGroup = -1;
    }

    private void EmitGroupCopy(in ColdPath path)
    {
        var group = _groups[_groups.Of(path.Index)];
        (_resident, _saved, _source) = (false, path.Saved, path.Source);
        _grouping = false;
        _executed = path.Executed;
        var instructions = _block.Instructions;
        for (_index = group.First; _index <= group.Last; _index++)
        {
            if (!_w.HasRoom)
            {
                _overflow = true;
                break;
            }
            if (!_skip[_index]) Table[(int)instructions[_index].Op](this);
        }
        _index = group.Last;
        // The flags to where the block behind the group expects them.
        if (path.ResumeSaved) EnsureSaved();
        if (path.ResumeResident) EnsureResident();
        _grouping = true;
        _w.JumpBack(path.Resume);
    }
}
