package gs1

import "time"

// Day gives the day that six digits YYMMDD say, at midnight UTC. Day 00 is the last of its month.
// The century is the one that brings the year within 49 years behind and 50 ahead of now's, as
// GS1 lays down. The error is an *Error.
func Day(yymmdd string, now time.Time) (time.Time, error) {
	if err := dayRule(yymmdd, 2, true); err != nil {
		return time.Time{}, err
	}
	yy, _ := number(yymmdd[:2])
	month, _ := number(yymmdd[2:4])
	day, _ := number(yymmdd[4:])
	this := now.UTC().Year()
	year := this - this%100 + yy
	switch ahead := year - this; {
	case ahead > 50:
		year -= 100
	case ahead < -49:
		year += 100
	}
	// 29 February of a year that is none, such as 2100, is the month's last day.
	if last := lastDay(year, month); day == 0 || day > last {
		day = last
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC), nil
}
