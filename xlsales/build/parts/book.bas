Option Explicit
' The buttons of this workbook. Each runs one command of xlsales on this workbook.

Private ribbon_shown As Object

Public Sub xs_ribbon_loaded(ribbon As Object)
    Set ribbon_shown = ribbon
End Sub

' There is one tab for each language; the one that the sheet Settings names is shown.
Public Sub xs_ribbon_tab(control As Object, ByRef shown As Variant)
    shown = (control.ID = "xs_tab_" & ThisWorkbook.Names("xs_language").RefersToRange.Value)
End Sub

Private Sub draw_ribbon()
    If Not ribbon_shown Is Nothing Then ribbon_shown.Invalidate
End Sub

' The ribbon means the active workbook. With two such workbooks open Excel may find this callback in the other one.
Private Function is_here(macro As String) As Boolean
    is_here = (ActiveWorkbook.FullName = ThisWorkbook.FullName)
    If Not is_here Then Application.Run "'" & Replace(ActiveWorkbook.Name, "'", "''") & "'!" & macro
End Function
